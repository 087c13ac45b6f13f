#pragma once

#include "base/result.h"
#include "crdt/version_vector.h"
#include "storage/rocksdb_database.h"
#include "storage/store.h"

#include <memory>

namespace anabranch::storage {

/// A cursor over all that `asked` does not cover, from a snapshot taken now. It keeps the database
/// open for as long as it lives.
Result<std::unique_ptr<PullCursor>> open_rocksdb_pull(std::shared_ptr<const Database> database,
                                                      const crdt::VersionVector& asked);

}  // namespace anabranch::storage
