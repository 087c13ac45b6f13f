#pragma once

#include "base/hash.h"
#include "base/ids.h"
#include "crdt/digest.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

// What the replica tells the disk, and what the disk tells the replica when it starts.

namespace anabranch::wire {

/// A record put down or taken away, with its place in the log. The log is an index of the records
/// by dot: put and erase keep the two in step. `erase` names the record as it stood.
struct RecordChange {
  enum class Kind { put, erase };
  Kind kind = Kind::put;
  UserId user;
  crdt::Path path;
  crdt::Record record;
};

/// Totals over all users, kept with each commit.
struct StateTotals {
  std::uint64_t users = 0;  ///< with at least one value or tombstone
  std::uint64_t values = 0;
  std::uint64_t tombstones = 0;
  std::uint64_t bytes = 0;  ///< of values, as Document::value_bytes counts them
  bool operator==(const StateTotals&) const = default;
};

/// What was on this disk at a time: all that the vector covers is at least as old.
struct AgeMark {
  std::int64_t at_ms = 0;  ///< by the node's clock
  crdt::VersionVector vector;
  bool operator==(const AgeMark&) const = default;
};

/// How a replica stands in its cluster. Part of what it says of itself.
struct Standing {
  /// It takes part in the cluster's history. One that is not admitted yet keeps its writes to
  /// itself, and to others like it, until an admitted one has given it its whole state.
  bool admitted = false;
  /// Per origin, the highest dot of a tombstone that this replica has collected: whoever does not
  /// cover it may hold what the tombstone hides, and this replica would not know.
  crdt::VersionVector collected;
  bool operator==(const Standing&) const = default;
};

/// One atomic, fsynced write: all of it is on disk or none.
struct StoreBatch {
  std::vector<RecordChange> records;         ///< applied in this order
  std::set<ReplicaId> forgotten;             ///< origins whose entry goes, before any rises
  crdt::VersionVector advanced;              ///< origins whose entry rose, with their new entry
  std::map<std::size_t, Uint128> digests;    ///< buckets that changed, with their new sum
  StateTotals totals;                        ///< after this batch
  std::optional<ReplicaId> replica;          ///< a newly minted id
  std::optional<Standing> standing;          ///< that changed
  std::optional<std::vector<AgeMark>> ages;  ///< that changed, all of them
  std::optional<bool> damaged;               ///< that changed

  bool empty() const {
    return records.empty() && forgotten.empty() && advanced.entries().empty() && digests.empty() &&
           !replica && !standing && !ages && !damaged;
  }
};

/// What a data directory says of itself.
struct StoreState {
  ReplicaId replica;
  crdt::VersionVector vector;
  crdt::StateDigest digest;
  StateTotals totals;
  /// Per origin, the highest seq of a record beyond the vector (of a pull that was cut).
  crdt::VersionVector beyond;
  /// Records have been found to differ from what was written, and wait for their repair.
  bool damaged = false;
  Standing standing = {};
  std::vector<AgeMark> ages = {};  ///< oldest first
};

/// What a walk through all records has found: how they differ from what is kept of them.
struct ScrubFindings {
  /// Buckets whose records do not add up to their sum: the difference, modulo 2^128.
  std::map<std::size_t, Uint128> differences;
  StateTotals excess;  ///< of the totals found over those kept, modulo 2^64
  /// The highest seq of each origin that a record names, read while the walk went on.
  crdt::VersionVector log_ends = {};
};

/// A user's records, as loaded.
using UserRecords = std::vector<std::pair<crdt::Path, crdt::Record>>;

}  // namespace anabranch::wire
