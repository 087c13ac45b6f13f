#pragma once

#include "cluster/stable_cut.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace anabranch::cluster {

/// A walk over the tombstones that have expired.
struct CollectionPass {
  std::uint64_t id = 0;
  crdt::VersionVector expired;    ///< what it looks for
  std::deque<crdt::Write> found;  ///< tombstones not looked at yet; one answer's at most
  bool asked = true;              ///< an answer is under way
  bool last = false;              ///< nothing follows them
};

/// A pass that has ended: no user's floor is below any tombstone that had expired by then, for
/// whoever covers `vector`.
struct EndedPass {
  crdt::VersionVector expired;
  crdt::VersionVector vector;
};

/// The collection of tombstones that have been kept for as long as they have to be.
///
/// A pass walks over those that have. First the user's floor is raised to their versions, for
/// everyone to learn; in a later pass, once every member has a tombstone and such a floor, it goes,
/// and its dot is noted as collected, for everyone to learn too.
struct Collection {
  /// More than ever wait for the cut: it moves about once a second, passes end ten times as often.
  static constexpr std::size_t max_passed = 64;

  /// Begins anew: what passes have done may be undone, or count for other members.
  void forget_passes() {
    pass.reset();
    passed.clear();
    settled = {};
  }

  StableCut cut;
  std::optional<CollectionPass> pass;
  std::deque<EndedPass> passed;  ///< oldest first; the cut does not cover the first one yet
  /// The expired tombstones above which every member's floors are.
  crdt::VersionVector settled;
  std::uint64_t last_id = 0;
  std::int64_t next_pass_ms = 0;  ///< monotonic
};

}  // namespace anabranch::cluster
