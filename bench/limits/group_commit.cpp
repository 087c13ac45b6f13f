#include "bench/limits/group_commit.h"

#include <rocksdb/options.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace anabranch::limits {

namespace {

/// Without a logger of one's own RocksDB writes a file LOG into its directory.
class SilentLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// As a node's, as far as they matter for writes.
rocksdb::Options database_options() {
  constexpr std::size_t mebibyte = 1 << 20;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.info_log = std::make_shared<SilentLogger>();
  options.max_total_wal_size = 32 * mebibyte;
  options.write_buffer_size = 16 * mebibyte;
  options.max_write_buffer_number = 4;  // a commit is not to wait for a flush
  options.bytes_per_sync = mebibyte;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.allow_concurrent_memtable_write = false;  // there is one writer
  return options;
}

void check(const rocksdb::Status& status, const std::string& what) {
  if (!status.ok()) throw std::runtime_error(what + ": " + status.ToString());
}

}  // namespace

GroupCommit::GroupCommit(const std::string& directory) : done_(eventfd(0, EFD_CLOEXEC)) {
  if (done_ < 0) throw std::runtime_error("no eventfd");
  rocksdb::DB* database = nullptr;
  check(rocksdb::DB::Open(database_options(), directory, &database), "cannot open " + directory);
  database_.reset(database);
  thread_ = std::thread([this] { run(); });
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  close(done_);
}

void GroupCommit::start(rocksdb::WriteBatch& batch) {
  is_busy_ = true;
  {
    const std::lock_guard lock(mutex_);
    batch_ = &batch;
  }
  wake_.notify_one();
}

void GroupCommit::finish() {
  std::uint64_t count = 0;
  if (read(done_, &count, sizeof count) != sizeof count) throw std::runtime_error("no eventfd");
  is_busy_ = false;
  const std::lock_guard lock(mutex_);
  check(status_, "cannot write");
}

void GroupCommit::run() {
  rocksdb::WriteOptions durable;
  durable.sync = true;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return batch_ != nullptr || is_stopping_; });
    if (batch_ == nullptr) return;
    rocksdb::WriteBatch& batch = *std::exchange(batch_, nullptr);
    lock.unlock();
    rocksdb::Status status = database_->Write(durable, &batch);
    lock.lock();
    status_ = std::move(status);
    lock.unlock();  // the other thread wakes at once, and must not find it taken
    const std::uint64_t one = 1;
    if (write(done_, &one, sizeof one) != sizeof one) return;
    lock.lock();
  }
}

}  // namespace anabranch::limits
