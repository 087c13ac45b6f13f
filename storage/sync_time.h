#pragma once

#include <chrono>
#include <memory>

namespace rocksdb {
class Env;
}

namespace anabranch::storage {

/// How much of a write to a RocksDB store its thread has waited for the disk (fsync). Measures the
/// thread that makes it, from then on: two readings of the clock for each fsync.
class SyncTime {
 public:
  SyncTime();

  /// Since the last call, or since it was made. On the same thread.
  std::chrono::nanoseconds take();
};

/// `base` (null: the system's), but that what its files wait for the disk is measured. `base`
/// outlives what is returned.
std::shared_ptr<rocksdb::Env> make_sync_timed_env(rocksdb::Env* base);

}  // namespace anabranch::storage
