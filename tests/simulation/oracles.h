#pragma once

#include "tests/simulation/client.h"
#include "tests/simulation/history.h"
#include "tests/simulation/node.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace anabranch::simulation {

using Nodes = std::vector<std::unique_ptr<Node>>;
using Clients = std::vector<std::unique_ptr<Client>>;

/// The promises about nodes and their disks, as checks that throw a Violation.
class Oracles {
 public:
  Oracles(const History& history, const Nodes& nodes) : history_(history), nodes_(nodes) {}

  /// After each commit: batches are there whole, and the disk shows what all writes that its
  /// vector covers give.
  void check_commit(const Node& node, const wire::StoreBatch& batch);

  /// At any moment: each disk as above, nodes that know the same hold the same, what nodes say of
  /// themselves is what their disks hold, what waits is within its bounds, and clients have what
  /// their nodes have.
  void check_all(const Clients& clients);

  /// What a drained node has said.
  struct Handover {
    std::vector<const Node*> holders;  ///< who have everything
    /// Whose disk is another one since so lately that the node may not know: what was on the former
    /// one alone is lost with it.
    std::vector<const Node*> bereft;
    crdt::VersionVector vector;  ///< what it knew to be on its disk
    bool is_past = false;        ///< more may have come since
  };
  /// Each of the holders has on disk what the node has acked, and what else it holds, but for what
  /// members who are there have written themselves meanwhile.
  void check_drained(const Node& node, const Handover& handover) const;
  /// What was acked as replicated is on so many disks beside this node's.
  void check_copies_without(const Node& node, std::size_t copies) const;

  /// At rest: nothing waits any more, and every write that a client was told is safe stands, or has
  /// lost to one that stands, on every node. Writes that were on one disk alone when it was lost
  /// are excused; `disks_lost` and `copies` say which others.
  void check_rest(std::size_t disks_lost, std::size_t copies) const;

 private:
  /// What the writes that a disk's vector covers give, carried on as the vector moves.
  struct Expected {
    std::size_t disk = 0;
    std::uint64_t revisions = 0;
    crdt::VersionVector vector;
    std::map<UserId, ReferenceState> states;
  };
  const Expected& expected_of(const Node& node);
  void check_covered(const Node& node);
  void check_word(const Node& node) const;
  void check_load(const Node& node) const;
  void check_handed_over(const Node& node, const Node& other, const UserId& user,
                         const crdt::Path& path, const ReferenceState::Entry& entry) const;
  bool is_left_to_others(const Node& node, const Handover& handover,
                         const ReferenceState::Entry& entry) const;
  bool is_its_origins(Dot dot, const Node& but, const Handover& handover) const;
  bool may_be_forgotten(const Node& node, const UserId& user, const crdt::Path& path,
                        const ReferenceState::Entry& entry) const;
  void check_all_acked(const Node& node, std::size_t disks_lost, std::size_t copies) const;
  void check_acked(const History::Acked& acked, const Node& origin, const Node& node) const;
  const crdt::Change* find_lost(const History::Acked& acked, const Node& origin,
                                const Node& node) const;
  const Node& find(const std::string& name) const;

  const History& history_;
  const Nodes& nodes_;
  std::map<const Node*, Expected> expected_;
};

}  // namespace anabranch::simulation
