#pragma once

#include "tests/simulation/fault_counts.h"
#include "tests/simulation/oracles.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace anabranch::simulation {

/// An operator who takes nodes away, one at a time, as with `anabranch drain`: orders it, asks how
/// far it has come, and once it is safe to stop the node stops it, burns its disk, or thinks better
/// of it. Throws a Violation where it was not safe.
class Drains {
 public:
  /// What the others than the operator have to do with it.
  struct Surroundings {
    const std::size_t& disks_lost;             ///< by misfortune
    const std::set<const Node*>& not_to_stop;  ///< other plans are made for these nodes
    FaultCounts& counts;
  };
  Drains(simulation::Surroundings& world, const Nodes& nodes, const Oracles& oracles,
         Surroundings around)
      : world_(world), nodes_(nodes), oracles_(oracles), around_(around) {}

  /// Nothing where another one is under way.
  void begin(Node& node);

  /// All is mended: the drain under way, or else one of this node, must come to its end.
  void expect_end(Node& node);
  bool is_under_way() const { return drain_.has_value(); }
  /// On how many disks each write was at least when the disk of a drained node was burned.
  std::size_t fewest_holders() const { return fewest_holders_; }

 private:
  struct Drain {
    std::uint64_t id = 0;
    Node* node = nullptr;
    std::uint64_t process = 0;  ///< its incarnation
    std::vector<std::string> except;
    std::int64_t begun_ms = 0;
    std::int64_t deadline_ms = 0;
    bool must_end = false;
    std::set<std::string> waited_for = {};  ///< whom the word is about that it is safe to stop
    std::size_t holders = 0;
    crdt::VersionVector told = {};  ///< what it knew to be on its disk when it was safe to stop
  };
  bool has_died() const { return drain_->node->incarnation() != drain_->process; }
  bool is_current(std::uint64_t id) const { return drain_ && drain_->id == id; }
  void after(std::int64_t delay_ms, void (Drains::*next)());
  void ask();
  void hear(const Node::DrainAnswer& answer);
  void give_up(const Node::DrainAnswer& answer);
  void take_for_safe(const Node::DrainAnswer& answer);
  void check(bool is_past);
  void stop();
  void cancel();
  std::vector<const Node*> holders() const;
  std::vector<const Node*> bereft() const;
  bool may_be_thought_older(const Node& other) const;

  simulation::Surroundings& world_;
  const Nodes& nodes_;
  const Oracles& oracles_;
  Surroundings around_;
  std::size_t fewest_holders_ = std::numeric_limits<std::size_t>::max();
  std::uint64_t last_id_ = 0;
  std::optional<Drain> drain_;
};

}  // namespace anabranch::simulation
