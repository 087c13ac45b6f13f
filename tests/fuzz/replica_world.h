#pragma once

#include "base/random.h"
#include "cluster/replica.h"
#include "storage/memory_store.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::fuzz {

/// Counts up, so that equal inputs do equal things.
class CountingRandom final : public Random {
 public:
  std::uint64_t next() override { return ++last_; }

 private:
  std::uint64_t last_ = 0x100;
};

/// A replica over a store in memory: what it asks of its disk is answered here, everything else
/// that it says is given to the target.
class ReplicaWorld {
 public:
  using Hear = std::function<void(const cluster::Effect&)>;

  ReplicaWorld(cluster::ReplicaOptions options, Hear hear);

  /// One input; its commit stays under way until the disk is asked to go on.
  void step(cluster::Input input);
  void pass(std::int64_t ms);
  /// Answers the commit that is under way, if any.
  void let_disk_work();
  void fail_next_commit(storage::FailedCommit outcome);
  /// Lets the disk work until nothing is left to do.
  void settle();

  /// Settles and then checks all that must hold of any replica at rest: disk, memory, digest,
  /// totals and what is read of the state agree.
  void check();

  /// What the disk holds beyond a vector.
  std::vector<crdt::Write> all_writes(const crdt::VersionVector& beyond) const;

 private:
  void flush();
  cluster::Input answer(const cluster::LoadUser& load) const;
  void carry_out(cluster::Effect& effect);
  void recover(const cluster::RecoverStore& recover);
  std::string read_state(const UserId& user);

  CountingRandom random_;
  Now now_{1'750'000'000'000, 1'000};
  storage::MemoryStore store_{ReplicaId{0xA}};
  cluster::Replica replica_;
  Hear hear_;
  std::optional<cluster::Commit> commit_;
  std::optional<cluster::RecoverStore> recovery_;
  std::vector<cluster::LoadUser> loads_;
  std::optional<std::string> state_read_;
};

}  // namespace anabranch::fuzz
