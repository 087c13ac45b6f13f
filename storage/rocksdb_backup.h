#pragma once

#include "base/result.h"
#include "storage/rocksdb_database.h"
#include "storage/store.h"

#include <memory>

namespace anabranch::storage {

/// A backup of `database`, by RocksDB's own engine, which copies its files while they are in use.
Result<std::unique_ptr<Backup>> open_rocksdb_backup(std::shared_ptr<Database> database,
                                                    const DatabaseSettings& settings,
                                                    BackupPlan plan);

}  // namespace anabranch::storage
