#pragma once

#include "base/duration_counts.h"
#include "base/ids.h"
#include "crdt/version_vector.h"
#include "wire/client_messages.h"
#include "wire/store_batch.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::cluster {

/// Counts since the start of the process.
struct Counters {
  std::uint64_t updates_accepted = 0;  ///< updates and batches acked as applied
  std::uint64_t updates_stale = 0;     ///< … acked as not applied: a newer write had won
  std::uint64_t updates_rejected = 0;  ///< … answered by an error
  std::map<wire::ErrorCode, std::uint64_t> rejected_by_code;  ///< of these; empty: none yet
  std::uint64_t peer_writes_applied = 0;
  std::uint64_t gaps_found = 0;
  std::uint64_t pulls = 0;
  std::uint64_t divergences_found = 0;
  std::uint64_t divergences_repaired = 0;
  std::uint64_t floors_raised = 0;  ///< of users, past which old writes are refused
  std::uint64_t tombstones_collected = 0;
};

/// A clock that is further off than this is worth a warning: timestamps order the writes that are
/// made with equal knowledge. The status, its page, the log and the metrics go by it.
inline constexpr double worrying_clock_offset_ms = 5000;

/// A peer as this node sees it; what is not known yet is missing.
struct PeerStatus {
  std::string name;
  std::string region;
  std::optional<ReplicaId> replica;
  bool connected = false;
  bool ready = false;
  bool draining = false;
  bool admitted = false;
  std::optional<std::uint64_t> epoch;          ///< of the cluster file that it goes by
  std::optional<std::uint64_t> lag_writes;     ///< of ours, not on its disk yet
  std::optional<double> lag_seconds;           ///< since the first of them was committed here
  std::optional<std::uint64_t> behind_writes;  ///< of its own, not here yet
  std::optional<bool> digest_equal;            ///< missing while the vectors differ
  std::optional<double> last_heartbeat_seconds;
  std::optional<double> clock_offset_ms;
  bool clock_warning = false;  ///< it is past worrying_clock_offset_ms, and the log says so
  /// Of each write that it has published: from its disk to this one.
  DurationCounts replication_lag;
};

/// What the replica keeps in memory for later, each under a bound of its own.
struct ReplicaLoad {
  std::size_t document_bytes = 0;  ///< of the users whose state is at hand
  std::size_t stream_bytes = 0;    ///< of publications that wait for what came before them
  std::size_t pull_pieces = 0;     ///< of an answer, not applied yet
  std::size_t acks_waiting = 0;    ///< for other nodes' disks
  std::size_t held = 0;            ///< answers and deliveries that wait for this node's disk
};

/// The replica as it would describe itself; all of it is on disk.
struct ReplicaStatus {
  ReplicaId replica;
  bool ready = false;
  bool storage_ok = true;
  bool damaged = false;  ///< records on disk are wrong and wait for their repair
  bool admitted = false;
  /// Whom the collection of tombstones waits for, and why, in words for people; empty where it
  /// does not wait.
  std::string collection_held_back;
  std::size_t origins_retired = 0;  ///< of those in the vector, that cursors leave out
  std::uint64_t epoch = 0;
  wire::StateTotals totals;
  std::string digest;
  crdt::VersionVector vector;
  std::vector<PeerStatus> peers;
  Counters counters;
  ReplicaLoad load;
};

}  // namespace anabranch::cluster
