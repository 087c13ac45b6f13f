#include "storage/sync_time.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/perf_level.h>

#include <string>
#include <utility>

namespace anabranch::storage {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

thread_local nanoseconds waited{0};

class TimedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    const auto begun = steady_clock::now();
    auto status = FSWritableFileOwnerWrapper::Sync(options, debug);
    waited += steady_clock::now() - begun;
    return status;
  }

  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    const auto begun = steady_clock::now();
    auto status = FSWritableFileOwnerWrapper::Fsync(options, debug);
    waited += steady_clock::now() - begun;
    return status;
  }
};

/// The log is always made by the first of these: it is neither reused nor reopened.
class TimedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;

  const char* Name() const override { return "TimedFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok()) *file = std::make_unique<TimedFile>(std::move(*file));
    return status;
  }
};

}  // namespace

// RocksDB could tell the time itself, but only together with dozens of others, which costs a fifth
// of a commit. Even its counters, which nobody reads, are kept for each thread until told not to.

SyncTime::SyncTime() {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  waited = nanoseconds(0);
}

nanoseconds SyncTime::take() { return std::exchange(waited, nanoseconds(0)); }

std::shared_ptr<rocksdb::Env> make_sync_timed_env(rocksdb::Env* base) {
  if (base == nullptr) base = rocksdb::Env::Default();
  return rocksdb::NewCompositeEnv(std::make_shared<TimedFileSystem>(base->GetFileSystem()));
}

}  // namespace anabranch::storage
