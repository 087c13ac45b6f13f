#pragma once

#include "cluster/acceptance.h"
#include "cluster/peer_table.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anabranch::cluster {

/// What an operator may change while the node runs.
struct ReplicaSettings {
  std::string name;            ///< of this member
  std::vector<Member> others;  ///< all members of the cluster but this one
  std::uint64_t epoch = 1;     ///< of the cluster file
  std::size_t acks = 0;  ///< other nodes that must have a write on disk for a "replicated" ack
  /// How long a tombstone is kept, and so how long a device may be away with writes to send.
  std::int64_t tombstone_retention_ms = std::int64_t{30} * 24 * 60 * 60 * 1000;
  StateLimits state;
  std::uint64_t updates_per_minute = 100;  ///< per user; 0: no limit
  std::uint64_t update_burst = 100;
};

/// What holds for the life of a process beside that.
struct ReplicaOptions : ReplicaSettings {
  std::size_t document_cache_bytes = 256 << 20;
  /// How often all records are read and compared with the digest; first once caught up.
  std::int64_t scrub_interval_ms = std::int64_t{24} * 60 * 60 * 1000;
  std::size_t stream_bytes = 64 << 20;  ///< publications that wait for what came before them
};

}  // namespace anabranch::cluster
