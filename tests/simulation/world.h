#pragma once

#include "tests/simulation/client.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/fault_counts.h"
#include "tests/simulation/history.h"
#include "tests/simulation/misfortunes.h"
#include "tests/simulation/network.h"
#include "tests/simulation/node.h"
#include "tests/simulation/oracles.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/seeded_random.h"
#include "tests/simulation/workload.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace anabranch::simulation {

/// A cluster with its clients, its network and its misfortunes, all in one thread under a virtual
/// clock, all a function of one seed. Broken promises are thrown as Violation.
class World {
 public:
  World(std::uint64_t seed, const RunOptions& options);

  /// Lets so many things happen, one after the other, and checks the promises between them.
  void live(std::size_t happenings);

  /// Mends everything, and checks that all become one and that nothing promised is missing.
  void heal();

  /// How much has happened, so that a test can see that it was not too little.
  struct Tally {
    std::int64_t simulated_ms = 0;
    std::size_t writes = 0;
    std::size_t acked = 0;
    std::size_t replicated = 0;
    std::size_t ids_minted = 0;
    std::uint64_t pulls = 0;
    std::uint64_t gaps = 0;
    FaultCounts faults;

    void add(const Tally& other);
  };
  Tally tally() const;

  /// What a run with the same seed must have in common with this one.
  std::string fingerprint() const;

 private:
  void make_nodes();
  void make_clients();
  void pass(std::int64_t ms);
  void compare_memory_with_disk(Node& node);
  bool converged() const;
  std::string describe_nodes() const;
  void settle_clients();
  bool are_waiting();
  std::uint64_t commits() const;
  std::string find_disagreement() const;
  void check_ends();
  std::size_t copies(const std::string& but, Dot dot) const;
  Node* any_ready_node();
  void log(const std::string& line) const;

  EventQueue queue_;
  SeededRandom random_;
  bool talkative_;
  Plan plan_;
  Network network_;
  History history_;
  Surroundings surroundings_;
  Nodes nodes_;
  Clients clients_;
  Oracles oracles_;
  Misfortunes misfortunes_;
  Workload workload_;
};

}  // namespace anabranch::simulation
