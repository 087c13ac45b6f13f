#pragma once

#include "base/hash.h"
#include "base/ids.h"
#include "crdt/digest.h"
#include "crdt/horizon.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
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
  std::uint64_t users = 0;  ///< with at least one record
  std::uint64_t values = 0;
  std::uint64_t tombstones = 0;
  std::uint64_t bytes = 0;  ///< of values, as Document::value_bytes counts them
  bool operator==(const StateTotals&) const = default;
};

/// One atomic, fsynced write: all of it is on disk or none.
struct StoreBatch {
  std::vector<RecordChange> records;         ///< applied in this order
  crdt::VersionVector advanced;              ///< origins whose entry rose, with their new entry
  std::map<std::size_t, Uint128> digests;    ///< buckets that changed, with their new sum
  StateTotals totals;                        ///< after this batch
  std::optional<ReplicaId> replica;          ///< a newly minted id
  std::map<UserId, crdt::Horizon> horizons;  ///< that rose, as they are now
  std::optional<bool> damaged;               ///< that changed

  bool empty() const {
    return records.empty() && advanced.entries().empty() && digests.empty() && !replica &&
           horizons.empty() && !damaged;
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
};

/// What a walk through all records has found: how they differ from what is kept of them.
struct ScrubFindings {
  /// Buckets whose records do not add up to their sum: the difference, modulo 2^128.
  std::map<std::size_t, Uint128> differences;
  StateTotals excess;  ///< of the totals found over those kept, modulo 2^64
};

/// A user's records, as loaded.
using UserRecords = std::vector<std::pair<crdt::Path, crdt::Record>>;

}  // namespace anabranch::wire
