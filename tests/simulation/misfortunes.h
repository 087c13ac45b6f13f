#pragma once

#include "tests/simulation/drains.h"
#include "tests/simulation/fault_counts.h"
#include "tests/simulation/oracles.h"
#include "tests/simulation/plan.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

namespace anabranch::simulation {

/// What breaks in a run: links, processes, disks, clocks, as far as the plan allows.
class Misfortunes {
 public:
  Misfortunes(const Dangers& dangers, Surroundings& world, Nodes& nodes, Clients& clients,
              const Oracles& oracles)
      : dangers_(dangers),
        world_(world),
        nodes_(nodes),
        clients_(clients),
        drains_(world, nodes, oracles, {disks_lost_, in_repair_, counts_}) {}

  /// Something breaks, or comes back.
  void strike();

  /// Mends links and disks and starts what is down. Nodes that wait for their backup come later.
  void mend_all();

  /// A node is drained though nothing is broken any more, and must come to the end of it.
  void drain_one();
  bool is_draining() const { return drains_.is_under_way(); }
  /// How many disks may be lost before a write is that had reached so many other nodes.
  std::size_t losses_that_spare(std::size_t copies) const {
    return std::min(copies, std::max<std::size_t>(drains_.fewest_holders(), 1) - 1);
  }

  /// A node waits for its backup and must not be started.
  bool is_repairing() const { return !in_repair_.empty(); }
  /// Disks replaced by others, emptier or older.
  std::size_t disks_lost() const { return disks_lost_; }
  const FaultCounts& counts() const { return counts_; }

 private:
  void break_links();
  void isolate(const Node& node);
  void slow_link();
  void break_process(Node& node);
  void break_disk(Node& node);
  void lose_disk(Node& node);
  void use_backup(Node& node);
  const Node* confide(Node& node);
  void cut_off_together(const Node& node, const Node& confidant);
  void copy_backup(Node& node);
  void doubt_what_only_memories_hold(const Node& node);
  bool has_witness(Node& node);
  /// It has not taken its new id yet: nothing may befall it.
  bool is_awaited(const Node& node) const;
  void stall(Node& node);
  void drain(Node& node);
  void burn(Node& node);
  void jump_clock(Node& node);
  void change_members();
  void remove_member(Node& node);
  void add_again();
  void tell_members(std::int64_t max_delay_ms);

  const Dangers& dangers_;
  Surroundings& world_;
  Nodes& nodes_;
  Clients& clients_;
  FaultCounts counts_;
  std::size_t disks_lost_ = 0;
  std::set<ReplicaId> copied_ids_;            ///< of disks whose files came back by hand
  std::set<const Node*> in_repair_;           ///< not to be started
  const Node* removed_ = nullptr;             ///< no member now
  std::uint64_t epoch_ = 1;                   ///< of the cluster file
  std::map<const Node*, ReplicaId> awaited_;  ///< to drop this id, which a client knows better
  Drains drains_;
};

}  // namespace anabranch::simulation
