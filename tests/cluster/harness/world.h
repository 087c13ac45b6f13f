#pragma once

#include "tests/cluster/harness/client.h"
#include "tests/cluster/harness/event_queue.h"
#include "tests/cluster/harness/history.h"
#include "tests/cluster/harness/network.h"
#include "tests/cluster/harness/node.h"
#include "tests/cluster/harness/seeded_random.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

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

  /// How much has happened, so that a test can see that it was not too little.
  struct Tally {
    std::size_t acked = 0;
    std::size_t replicated = 0;
    std::size_t commits_failed = 0;
    std::size_t disks_lost = 0;
    std::size_t ids_minted = 0;
    std::uint64_t pulls = 0;
    std::uint64_t gaps = 0;
  };
  Tally tally() const;

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
    bool backups = false;
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
  void restore_backup(Node& node);
  void finish_restore(Node& node);
  void make_write(Client& client);
  crdt::Change make_change(const crdt::Path& path);
  void compare_memory_with_disk(Node& node);

  void check();
  bool converged() const;
  std::string describe_nodes() const;
  void check_ends();
  void settle_clients();
  std::size_t copies(const std::string& but, Dot dot) const;
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
  std::set<ReplicaId> restored_ids_;
  std::set<const Node*> in_repair_;  ///< not to be started
  std::uint64_t values_ = 0;
};

}  // namespace anabranch::simulation
