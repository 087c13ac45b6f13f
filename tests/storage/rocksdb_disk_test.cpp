#include "tests/storage/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <sys/mount.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <utility>

// Disks that fill up, and disks that fail.

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;
using testing::SizeIs;

constexpr ReplicaId origin{5};

/// Text that does not compress.
std::string noise(std::size_t bytes) {
  std::mt19937_64 engine(bytes);
  std::string text = "\"";
  while (text.size() <= bytes) text.push_back(static_cast<char>('0' + engine() % 75));
  std::replace(text.begin() + 1, text.end(), '\\', '/');
  return text + '"';
}

wire::StoreBatch write(std::uint64_t seq, std::size_t bytes = 1) {
  const std::string text = noise(bytes + seq % 97);
  return batch_of({put("alice", std::to_string(seq), value_record({origin, seq}, text))});
}

/// A file system of 24 MB of its own, mounted on a directory.
class SmallDisk {
 public:
  SmallDisk() {
    mounted_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=24m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const fs::path& path() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  bool mounted_ = false;
};

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "mounting a small tmpfs is not permitted here";
  }

  RocksdbOptions options() const { return options_in(disk_.path() / "data"); }

  /// Commits until the disk is full; how many were acked.
  std::uint64_t fill(Store& store) {
    std::uint64_t acked = 0;
    while (acked < 10'000 && store.commit(write(acked + 1, 50'000))) ++acked;
    return acked;
  }

  void set_ballast(std::size_t mebibytes) {
    fs::remove(disk_.path() / "ballast");
    write_file(disk_.path() / "ballast", std::string(mebibytes << 20, 'b'));
  }

  SmallDisk disk_;
};

TEST_F(FullDisk, FailsCommitsServesReadsAndIsTakenBackOnceItHasSpace) {
  set_ballast(13);
  OpenedStore opened = open_store(options());
  Store& store = *opened.store;
  const std::uint64_t acked = fill(store);
  ASSERT_GT(acked, 100u);
  ASSERT_LT(acked, 10'000u);
  EXPECT_EQ(store.commit(write(acked + 1)).error().code, Errc::io);
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(acked));
  EXPECT_THAT(pull_all(store, {}), SizeIs(acked));
  EXPECT_FALSE(store.recover());

  // Space to try, but not enough to go on: what lies in the log (7 MB at least, for RocksDB holds
  // back up to 4 MB for it) must go into a table file.
  set_ballast(11);
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(store.recover().error().code, Errc::io);
    EXPECT_GE(store.load_user("alice").value().size(), acked);
    EXPECT_FALSE(store.commit(write(acked + 1)));
  }

  set_ballast(0);
  const auto recovered = store.recover();
  ASSERT_TRUE(recovered) << recovered.error().message;
  const std::uint64_t found = store.state().vector[origin];
  EXPECT_GE(found, acked);
  EXPECT_LE(found, acked + 1);
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(found));
  EXPECT_TRUE(store.commit(write(found + 1)));

  opened.store.reset();
  EXPECT_THAT(open_store(options()).store->load_user("alice").value(), SizeIs(found + 1));
}

TEST_F(FullDisk, AcksEverythingItSaidAfterARestart) {
  set_ballast(15);
  const std::uint64_t acked = fill(*open_store(options()).store);
  set_ballast(0);
  EXPECT_GE(open_store(options()).store->load_user("alice").value().size(), acked);
}

TEST_F(FullDisk, HoldsNoNewStore) {
  set_ballast(30);
  SystemRandom random;
  const auto opened = open_rocksdb_store(options(), random);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::io);
}

/// A file whose syncs fail while `failing` is set.
class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile> file, const std::atomic<bool>& failing)
      : FSWritableFileOwnerWrapper(std::move(file)), failing_(failing) {}

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    if (failing_) return rocksdb::IOStatus::IOError("the disk failed to sync");
    return FSWritableFileOwnerWrapper::Sync(options, context);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    if (failing_) return rocksdb::IOStatus::IOError("the disk failed to sync");
    return FSWritableFileOwnerWrapper::Fsync(options, context);
  }

 private:
  const std::atomic<bool>& failing_;
};

class FailingFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FailingFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FailingFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok()) *file = std::make_unique<FailingFile>(std::move(*file), failing);
    return status;
  }

  std::atomic<bool> failing = false;
};

class RocksdbSync : public testing::Test {
 protected:
  RocksdbSync() { options_.env = env_.get(); }

  TemporaryDirectory directory_;
  std::shared_ptr<FailingFileSystem> files_ = std::make_shared<FailingFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  RocksdbOptions options_ = options_in(directory_.path());
};

TEST_F(RocksdbSync, AFailedSyncFailsEveryCommitUntilRecovered) {
  const OpenedStore opened = open_store(options_);
  Store& store = *opened.store;
  ASSERT_TRUE(store.commit(write(1)));
  files_->failing = true;
  EXPECT_EQ(store.commit(write(2)).error().code, Errc::io);
  files_->failing = false;
  EXPECT_EQ(store.commit(write(2)).error().code, Errc::io);
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(1));

  ASSERT_TRUE(store.recover());
  const std::uint64_t found = store.state().vector[origin];
  EXPECT_GE(found, 1u);
  EXPECT_LE(found, 2u);
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(found));
  EXPECT_TRUE(store.commit(write(found + 1)));
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(found + 1));
}

TEST_F(RocksdbSync, AFailedRecoveryCanBeTriedAgainAndReadsGoOn) {
  const OpenedStore opened = open_store(options_);
  Store& store = *opened.store;
  ASSERT_TRUE(store.commit(write(1)));
  files_->failing = true;
  ASSERT_FALSE(store.commit(write(2)));
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(store.recover().error().code, Errc::io);
    EXPECT_GE(store.load_user("alice").value().size(), 1u);
    EXPECT_FALSE(store.commit(write(3)));
  }
  files_->failing = false;
  ASSERT_TRUE(store.recover());
  EXPECT_TRUE(store.commit(write(3)));
}

}  // namespace

}  // namespace anabranch::storage
