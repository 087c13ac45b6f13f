#pragma once

#include <chrono>

namespace anabranch::storage {

/// How much of a write to a RocksDB store its thread has waited for the disk (fsync). Measures the
/// thread that makes it, from then on; a few readings of the clock for each write.
class SyncTime {
 public:
  SyncTime();

  /// Since the last call, or since it was made. On the same thread.
  std::chrono::nanoseconds take();
};

}  // namespace anabranch::storage
