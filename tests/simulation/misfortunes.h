#pragma once

#include "tests/simulation/fault_counts.h"
#include "tests/simulation/oracles.h"
#include "tests/simulation/plan.h"

#include <cstddef>
#include <map>
#include <set>

namespace anabranch::simulation {

/// What breaks in a run: links, processes, disks, clocks, as far as the plan allows.
class Misfortunes {
 public:
  Misfortunes(const Dangers& dangers, Surroundings& world, Nodes& nodes, Clients& clients)
      : dangers_(dangers), world_(world), nodes_(nodes), clients_(clients) {}

  /// Something breaks, or comes back.
  void strike();

  /// Mends links and disks and starts what is down. Nodes that wait for their backup come later.
  void mend_all();

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
  void copy_backup(Node& node);
  void doubt_what_only_memories_hold(const Node& node);
  bool has_witness(Node& node);
  /// It has not taken its new id yet: nothing may befall it.
  bool is_awaited(const Node& node) const;
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
};

}  // namespace anabranch::simulation
