#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/cluster/harness/client.h"
#include "tests/cluster/harness/event_queue.h"
#include "tests/cluster/harness/history.h"
#include "tests/cluster/harness/network.h"
#include "tests/cluster/harness/node.h"
#include "tests/cluster/harness/seeded_random.h"

namespace anabranch::simulation {

/// A cluster with its clients, its network and its misfortunes, all in one thread under a virtual
/// clock, all a function of one seed. Broken promises are thrown as Violation.
class World {
 public:
  /// `talkative`: prints what happens.
  World(std::uint64_t seed, bool talkative);

  /// Lets so many things happen, one after the other, and checks the promises between them.
  void live(std::size_t happenings);

  /// Mends everything, and checks that all become one and that nothing promised is missing.
  void heal();

  /// What a run with the same seed must have in common with this one.
  std::string fingerprint() const;

 private:
  /// What may go wrong in this run, and how often.
  struct Misfortunes {
    bool network = false;
    bool partitions = false;
    bool crashes = false;
    bool disks_fail = false;
    bool disks_lost = false;
    bool clocks = false;
  };

  void make_nodes();
  void make_clients();
  NetworkFaults choose_faults();
  cluster::ReplicaOptions choose_options(std::size_t self, std::size_t count);

  void pass(std::int64_t ms);
  void happen();
  void client_acts();
  void something_breaks();
  void break_link();
  void break_disk(Node& node);
  void lose_disk(Node& node);
  void make_write(Client& client);
  crdt::Change make_change(const crdt::Path& path);
  void compare_memory_with_disk(Node& node);

  void check();
  bool converged() const;
  std::string describe_nodes() const;
  void check_ends();
  void settle_clients();
  void log(const std::string& line) const;

  EventQueue queue_;
  SeededRandom random_;
  bool talkative_;
  Network network_;
  History history_;
  Surroundings surroundings_;
  Misfortunes misfortunes_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<UserId> users_;
  std::size_t copies_ = 0;
  std::size_t disks_lost_ = 0;
  std::uint64_t values_ = 0;
};

}  // namespace anabranch::simulation
