#pragma once

#include "wire/store_batch.h"

#include <vector>

namespace rocksdb {
class ColumnFamilyHandle;
class WriteBatch;
}  // namespace rocksdb

namespace anabranch::storage {

/// Adds to `batch` what the changes come to, key by key and in the order of keys: the last change
/// of a key counts, and a log entry that comes and goes within them never was. RocksDB is spared
/// what a busy path wrote between two commits, and inserts begin where the last one ended.
void add_changes(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* records,
                 rocksdb::ColumnFamilyHandle* log, const std::vector<wire::RecordChange>& changes);

}  // namespace anabranch::storage
