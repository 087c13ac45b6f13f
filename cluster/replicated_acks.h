#pragma once

#include "cluster/replica_io.h"

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace anabranch::cluster {

/// Acks that wait until a write is on the disks of enough other nodes.
class ReplicatedAcks {
 public:
  /// At most this many wait; the oldest are given up (their clients keep the first, local ack).
  static constexpr std::size_t max_waiting = 100'000;

  /// `copies`: how many other nodes must have a write; 0: no such acks are sent.
  explicit ReplicatedAcks(std::size_t copies) : copies_(copies) {}

  /// From now on so many must have a write. Acks that wait go on to wait by the new number.
  void set_copies(std::size_t copies);

  /// The ack is sent again as "replicated" once each of `dots` (one at least; the last of them is
  /// looked at first) is covered by enough of the vectors.
  void wait_for(std::vector<Dot> dots, SessionId session, wire::Ack ack);

  /// What was acked under `from` stands under `to` from now on; without it the acks are given up.
  void move(Dot from, std::optional<Dot> to);

  /// Gives up the acks for what `vector` does not cover: nobody will ever tell of it again.
  void keep_covered(const crdt::VersionVector& vector);

  /// Takes out the acks that `durable` (one vector for each other member that has told its own)
  /// has made good.
  std::vector<Notify> release(const std::vector<const crdt::VersionVector*>& durable);

  std::size_t waiting() const { return count_; }

 private:
  struct Waiting {
    SessionId session;
    wire::Ack ack;
    std::vector<Dot> further;  ///< to be waited for after this one
  };
  std::vector<Waiting> take_covered(const std::vector<const crdt::VersionVector*>& durable);

  std::size_t copies_;
  std::size_t count_ = 0;
  std::map<Dot, std::vector<Waiting>> by_dot_;  ///< of one origin, lower seqs are covered first
};

}  // namespace anabranch::cluster
