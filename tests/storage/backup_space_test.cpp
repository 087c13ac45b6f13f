#include "storage/restore.h"
#include "tests/storage/backup_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

// Backups and restores where there is not enough space for them.

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

/// A file system of 128 MB of its own, mounted on a directory.
class BackupSpace : public testing::Test {
 protected:
  void SetUp() override {
    mounted_ = ::mount("tmpfs", disk_.path().c_str(), "tmpfs", 0, "size=128m") == 0;
    if (!mounted_) GTEST_SKIP() << "mounting a small tmpfs is not permitted here";
  }
  void TearDown() override {
    if (mounted_) ::umount2(disk_.path().c_str(), MNT_DETACH);
  }

  /// 30 MB that do not compress.
  static void fill(Store& store) {
    std::uint64_t state = 1;
    for (std::uint64_t seq = 1; seq <= 30; ++seq) {
      std::string text = "\"";
      while (text.size() < 1'000'000) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        text.push_back(static_cast<char>('a' + (state >> 59) % 26));
        text.push_back(static_cast<char>('0' + (state >> 33) % 10));
      }
      ASSERT_TRUE(store.commit(write(seq, text + '"')));
    }
  }
  /// Leaves so much of the disk free.
  void leave_free(std::uint64_t mebibytes) const {
    const std::uint64_t bytes = fs::space(disk_.path()).free - (mebibytes << 20);
    write_file(disk_.path() / "ballast", std::string(bytes, 'b'));
  }
  std::uint64_t used() const {
    const auto space = fs::space(disk_.path());
    return space.capacity - space.free;
  }

  TemporaryDirectory disk_;
  TemporaryDirectory elsewhere_{memory_backed()};
  bool mounted_ = false;
};

TEST_F(BackupSpace, IsLeftToTheNodeWhoseDiskItIs) {
  const OpenedStore opened = open_store(options_in(disk_.path() / "data"));
  fill(*opened.store);
  leave_free(25);
  const std::uint64_t before = used();
  const auto refused = back_up(*opened.store, plan_to(disk_.path() / "backups"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("nearly full"));
  EXPECT_LT(used(), before + 1'000'000) << "what was copied is given back";
  EXPECT_TRUE(opened.store->commit(write(31)));
}

TEST_F(BackupSpace, WhereItIsMissingNobodyIsHurt) {
  const OpenedStore opened = open_store(options_in(elsewhere_.path() / "data"));
  fill(*opened.store);
  leave_free(18);
  const std::uint64_t before = used();
  const auto failed = back_up(*opened.store, plan_to(disk_.path() / "backups"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::io);
  EXPECT_THAT(failed.error().message, HasSubstr("the disk is full"));
  EXPECT_LT(used(), before + 1'000'000);
  EXPECT_TRUE(opened.store->commit(write(31)));
  fs::remove(disk_.path() / "ballast");
  const auto made = back_up(*opened.store, plan_to(disk_.path() / "backups"));
  EXPECT_TRUE(made) << made.error().message;
}

TEST_F(BackupSpace, WhereARestoreDoesNotFitTheDirectoryIsLeftEmpty) {
  {
    const OpenedStore opened = open_store(options_in(elsewhere_.path() / "data"));
    fill(*opened.store);
    ASSERT_TRUE(back_up(*opened.store, plan_to(elsewhere_.path() / "backups")));
  }
  leave_free(18);
  SystemRandom random;
  const RestoreOptions options{elsewhere_.path() / "backups", disk_.path() / "data", {}, {}};
  const auto failed = restore_backup(options, random);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::io);
  EXPECT_THAT(tree_of(disk_.path() / "data"), IsEmpty());
  fs::remove(disk_.path() / "ballast");
  EXPECT_TRUE(restore_backup(options, random));
}

}  // namespace

}  // namespace anabranch::storage
