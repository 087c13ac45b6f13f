#pragma once

#include "base/ids.h"
#include "cluster/peer_table.h"
#include "crdt/version_vector.h"
#include "wire/store_batch.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace anabranch::cluster {

/// The writes that every member has on disk, and after which no member can tell of an older one
/// that this node has not seen: what is deleted there can be forgotten.
///
/// Found in rounds. A round begins with one report of each member, under the replica id that it
/// goes by, admitted, with this node's epoch and nothing beyond its vector. It ends when this
/// node's own vector covers all these reports: then it knows whatever the members had taken before
/// they knew those writes. The cut is what all the reports have in common.
class StableCut {
 public:
  /// Takes the members' latest reports into account. Durable state is this node's.
  void update(const std::map<std::string, Peer>& others, std::uint64_t epoch,
              const wire::StoreState& durable);

  /// Nothing where no round has ended since a member changed.
  const std::optional<crdt::VersionVector>& get() const { return cut_; }

  /// Whom it waits for, and why; empty where it does not.
  const std::string& held_back() const { return held_back_; }

  void reset();

 private:
  using Reports = std::map<std::string, std::pair<ReplicaId, crdt::VersionVector>>;
  bool members_changed(const std::map<std::string, Peer>& others) const;

  Reports round_;  ///< empty: none is under way
  std::map<std::string, ReplicaId> cut_members_;
  std::optional<crdt::VersionVector> cut_;
  std::string held_back_;
};

}  // namespace anabranch::cluster
