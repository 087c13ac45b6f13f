#include "storage/sync_time.h"

#include <rocksdb/iostats_context.h>
#include <rocksdb/perf_level.h>

#include <utility>

namespace anabranch::storage {

// RocksDB keeps both for each thread by itself.

SyncTime::SyncTime() {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableTimeExceptForMutex);
  rocksdb::get_iostats_context()->fsync_nanos = 0;
}

std::chrono::nanoseconds SyncTime::take() {
  return std::chrono::nanoseconds(std::exchange(rocksdb::get_iostats_context()->fsync_nanos, 0));
}

}  // namespace anabranch::storage
