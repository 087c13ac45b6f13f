#pragma once

#include "base/result.h"
#include "crdt/digest.h"
#include "storage/rocksdb_database.h"
#include "storage/store.h"

#include <memory>
#include <optional>

// Walks over all records in the order of users and paths. Each reads a snapshot taken now and
// keeps the database open for as long as it lives.

namespace anabranch::storage {

/// A cursor over all records of the buckets whose sums differ from `theirs` (none: of all).
Result<std::unique_ptr<PullCursor>> open_rocksdb_buckets(
    std::shared_ptr<const Database> database, const std::optional<crdt::StateDigest>& theirs);

/// A cursor over the tombstones whose dots `covered` covers.
Result<std::unique_ptr<PullCursor>> open_rocksdb_tombstones(
    std::shared_ptr<const Database> database, const crdt::VersionVector& covered);

/// A walk over all records that adds their hashes up anew.
Result<std::unique_ptr<ScrubCursor>> open_rocksdb_scrub(std::shared_ptr<const Database> database);

}  // namespace anabranch::storage
