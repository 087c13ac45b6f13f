#pragma once

#include "base/random.h"
#include "base/result.h"
#include "storage/data_directory.h"
#include "storage/rocksdb_database.h"
#include "storage/store.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anabranch::storage {

struct RocksdbOptions {
  std::filesystem::path data_dir;
  std::string node_name;  ///< a directory that knows another name gets a new replica id
  std::size_t cache_bytes = 256 << 20;
  LogSink log;                  ///< may be empty; called from any thread
  rocksdb::Env* env = nullptr;  ///< for tests; null: the system's. Outlives the store
};

/// A store, and how its directory stood to its past. With anything but `kept` the replica id of
/// `store->state()` is new and on disk.
struct OpenedStore {
  std::unique_ptr<Store> store;
  DirectoryIdentity identity = DirectoryIdentity::created;
};

/// Opens the store in a data directory, and makes one where there is none. `random` mints ids and
/// is used only within the call.
///
/// What it finds is checked before anything is changed: with Errc::in_use (another process),
/// Errc::unsupported (a newer format), Errc::corrupt and Errc::invalid_config (not a directory, or
/// another program's) the files are as they were. Every acked write is found, or it is an error;
/// only the torn end of a last, never acked one is dropped. Takes no longer with more records:
/// damage within a table file shows when it is read, as Errc::corrupt.
///
/// After a failed commit reads go on, and while `recover` fails too.
Result<OpenedStore> open_rocksdb_store(const RocksdbOptions& options, Random& random);

}  // namespace anabranch::storage
