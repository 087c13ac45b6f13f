#pragma once

#include "base/result.h"
#include "crdt/digest.h"
#include "storage/rocksdb_database.h"
#include "storage/store.h"

#include <memory>

// Walks over whole buckets of users, for repairs and scrubs. Each reads a snapshot taken now and
// keeps the database open for as long as it lives.

namespace anabranch::storage {

/// A cursor over all records of the buckets whose sums differ from `theirs`.
Result<std::unique_ptr<PullCursor>> open_rocksdb_buckets(std::shared_ptr<const Database> database,
                                                         const crdt::StateDigest& theirs);

/// A walk over all records that adds their hashes up anew.
Result<std::unique_ptr<ScrubCursor>> open_rocksdb_scrub(std::shared_ptr<const Database> database);

}  // namespace anabranch::storage
