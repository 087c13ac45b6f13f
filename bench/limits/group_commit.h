#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace anabranch::limits {

/// Writes one batch after the other to RocksDB, each with one fsync, on a thread of its own.
/// All functions are for one thread.
class GroupCommit {
 public:
  /// Opens or makes the database. Throws std::runtime_error.
  explicit GroupCommit(const std::string& directory);
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;
  ~GroupCommit();

  /// Readable once what was started is on disk.
  int descriptor() const { return done_; }
  /// After `start` until `finish`.
  bool is_busy() const { return is_busy_; }
  /// Not while busy. The batch stays as it is until `finish`.
  void start(rocksdb::WriteBatch& batch);
  /// Waits where need be. Throws std::runtime_error where the batch could not be written.
  void finish();

 private:
  void run();

  std::unique_ptr<rocksdb::DB> database_;
  int done_ = -1;
  bool is_busy_ = false;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  rocksdb::WriteBatch* batch_ = nullptr;
  rocksdb::Status status_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace anabranch::limits
