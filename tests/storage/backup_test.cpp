#include "storage/backup_directory.h"
#include "storage/restore.h"
#include "tests/storage/backup_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

// Backups of a store that goes on, and data directories made from them.

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;

class Backups : public testing::Test {
 protected:
  Backups() : store_(open_store(options_in(data_dir())).store) {}

  fs::path data_dir() const { return folder_.path() / "data"; }
  fs::path backups() const { return folder_.path() / "backups"; }
  fs::path restored_dir() const { return folder_.path() / "restored"; }

  void commit(std::uint64_t seq) { ASSERT_TRUE(store_->commit(write(seq))); }

  Result<BackupSummary> back_up(const BackupPlan& plan) { return storage::back_up(*store_, plan); }
  Result<BackupSummary> back_up() { return back_up(plan_to(backups())); }

  Result<Restored> restore(std::optional<std::uint32_t> number = {}) {
    SystemRandom random;
    return restore_backup({backups(), restored_dir(), number, {}}, random);
  }
  /// How many of alice's records a restored directory has.
  std::size_t restored_records() {
    return open_store(options_in(restored_dir())).store->load_user("alice").value().size();
  }

  TemporaryDirectory folder_{memory_backed()};
  std::unique_ptr<Store> store_;
};

TEST_F(Backups, AreRestoredUnderANewReplicaId) {
  commit(1);
  const auto made = back_up();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->number, 1U);
  EXPECT_GT(made->bytes, 0U);
  EXPECT_EQ(made->kept, 1U);
  commit(2);

  const auto restored = restore();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->notes.node, "eu");
  EXPECT_EQ(restored->notes.cluster, "demo");
  EXPECT_EQ(restored->notes.replica, store_->state().replica);
  EXPECT_EQ(restored->notes.taken_ms, 1'700'000'000'000);
  EXPECT_NE(restored->replica, store_->state().replica);

  const OpenedStore opened = open_store(options_in(restored_dir()));
  EXPECT_EQ(opened.identity, DirectoryIdentity::kept) << "the restore has minted the id already";
  EXPECT_EQ(opened.store->state().replica, restored->replica);
  EXPECT_EQ(opened.store->state().vector[origin], 1U);
  EXPECT_THAT(opened.store->load_user("alice").value(), SizeIs(1));
  EXPECT_TRUE(opened.store->commit(write(2)));
}

TEST_F(Backups, OfOneBackupAreEachAReplicaOfTheirOwn) {
  ASSERT_TRUE(back_up());
  SystemRandom random;
  const auto one = restore_backup({backups(), folder_.path() / "one", {}, {}}, random);
  const auto two = restore_backup({backups(), folder_.path() / "two", {}, {}}, random);
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->replica, two->replica);
}

TEST_F(Backups, ShareWhatHasNotChangedAndKeepTheNewest) {
  BackupPlan plan = plan_to(backups());
  plan.keep = 2;
  for (std::uint64_t seq = 1; seq <= 4; ++seq) {
    commit(seq);
    const auto made = back_up(plan);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->number, seq);
    EXPECT_EQ(made->kept, std::min<std::size_t>(seq, 2));
  }
  EXPECT_EQ(restore(2).error().code, Errc::not_found);
  EXPECT_THAT(restore(2).error().message, HasSubstr("there are 3, 4"));
  ASSERT_TRUE(restore(3));
  EXPECT_EQ(restored_records(), 3U);
}

TEST_F(Backups, AreOfOneMomentWhileWritesGoOn) {
  std::atomic<bool> stopped{false};
  std::atomic<std::uint64_t> acked{0};
  std::thread writer([&] {
    for (std::uint64_t seq = 1; !stopped; ++seq) {
      if (!store_->commit(write(seq))) return;
      acked = seq;
    }
  });
  while (acked < 100) std::this_thread::yield();
  const std::uint64_t before = acked;
  const auto made = back_up();
  const std::uint64_t after = acked + 1;
  while (acked < after + 10) std::this_thread::yield();
  stopped = true;
  writer.join();
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(restore());
  const OpenedStore opened = open_store(options_in(restored_dir()));
  const std::uint64_t held = opened.store->state().vector[origin];
  EXPECT_GE(held, before);
  EXPECT_LE(held, after);
  EXPECT_THAT(opened.store->load_user("alice").value(), SizeIs(held));
}

TEST_F(Backups, AreTheirOwnersAlone) {
  const mode_t before = ::umask(0077);  // as a node has it
  ASSERT_TRUE(back_up());
  ASSERT_TRUE(restore());
  ::umask(before);
  for (const fs::path& top : {backups(), restored_dir()}) {
    EXPECT_EQ(fs::status(top).permissions(), fs::perms::owner_all);
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      const auto others = fs::perms::group_all | fs::perms::others_all;
      EXPECT_EQ(entry.status().permissions() & others, fs::perms::none) << entry.path();
    }
  }
}

TEST_F(Backups, GoToNoPlaceThatIsNotTheirs) {
  const auto refusal = [&](const fs::path& directory) {
    const auto refused = back_up(plan_to(directory));
    EXPECT_FALSE(refused) << directory;
    return refused ? Error{} : refused.error();
  };
  EXPECT_EQ(refusal("backups").code, Errc::refused);
  EXPECT_THAT(refusal(data_dir() / "backups").message, HasSubstr("lies in the data directory"));
  EXPECT_THAT(refusal(data_dir() / "db").message, HasSubstr("lies in the data directory"));
  fs::create_directory_symlink(data_dir(), folder_.path() / "link");
  EXPECT_THAT(refusal(folder_.path() / "link" / "b").message,
              HasSubstr("lies in the data directory"));
  EXPECT_FALSE(fs::exists(data_dir() / "backups"));

  fs::create_directory(folder_.path() / "full");
  write_file(folder_.path() / "full" / "letter", "dear");
  EXPECT_THAT(refusal(folder_.path() / "full").message, HasSubstr("is not empty"));
  EXPECT_THAT(tree_of(folder_.path() / "full"), SizeIs(1));
  write_file(folder_.path() / "file", "");
  EXPECT_THAT(refusal(folder_.path() / "file").message, HasSubstr("is not a directory"));
}

TEST_F(Backups, OfAnotherNodeOrClusterAreLeftAlone) {
  ASSERT_TRUE(back_up());
  BackupPlan other = plan_to(backups());
  other.node = "us";
  EXPECT_THAT(back_up(other).error().message, HasSubstr("the backups of node eu of cluster demo"));
  other = plan_to(backups());
  other.cluster = "production";
  EXPECT_EQ(back_up(other).error().code, Errc::refused);
  EXPECT_EQ(back_up()->number, 2U);
}

TEST_F(Backups, OfANewerProgramAreLeftAlone) {
  fs::create_directory(backups());
  write_file(backups() / "anabranch-backups", "anabranch-backup 2\ncluster demo\nnode eu\n");
  EXPECT_EQ(back_up().error().code, Errc::unsupported);
  EXPECT_EQ(restore().error().code, Errc::unsupported);
}

TEST_F(Backups, AreMadeOneAtATimeInOneDirectory) {
  BackupNotes notes;
  notes.cluster = "demo";
  notes.node = "eu";
  notes.replica = origin;
  const auto held = BackupDirectory::claim(backups(), data_dir(), notes);
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(back_up().error().code, Errc::in_use);
}

TEST_F(Backups, AFirstBackupThatWasCutShortIsNoObstacle) {
  fs::create_directory(backups());
  write_file(backups() / "anabranch-backups.new", "anabr");
  EXPECT_TRUE(back_up());
}

TEST_F(Backups, ThatAreStoppedLeaveNothingThatLooksWhole) {
  commit(1);
  ASSERT_TRUE(back_up());
  auto backup = store_->open_backup(plan_to(backups())).value();
  backup->stop();
  EXPECT_THAT(backup->run().error().message, HasSubstr("the node had to stop it"));
  EXPECT_EQ(restore()->number, 1U);
  EXPECT_EQ(back_up()->kept, 2U);
}

TEST_F(Backups, DoNotKeepTheStoreFromBeingReopenedOnceTheyHaveCopied) {
  auto backup = store_->open_backup(plan_to(backups())).value();
  EXPECT_EQ(store_->recover().error().code, Errc::io);
  ASSERT_TRUE(backup->run());
  EXPECT_TRUE(store_->recover());
}

class DamagedBackups : public Backups {
 protected:
  DamagedBackups() {
    commit(1);
    EXPECT_TRUE(back_up());
    commit(2);
    EXPECT_TRUE(back_up());
  }

  fs::path log_of(std::uint32_t number) const {
    return last_file(backups() / "private" / std::to_string(number), ".log");
  }
};

TEST_F(DamagedBackups, AreNotRestored) {
  std::string bytes = read_file(log_of(2));
  bytes[bytes.size() / 2] ^= 1;
  write_file(log_of(2), bytes);
  const auto refused = restore();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::corrupt);
  EXPECT_THAT(refused.error().message, HasSubstr("backup 2 is damaged"));
  EXPECT_THAT(refused.error().message, HasSubstr("there are 1"));
  EXPECT_FALSE(fs::exists(restored_dir()));
  ASSERT_TRUE(restore(1));
  EXPECT_EQ(restored_records(), 1U);
}

TEST_F(DamagedBackups, AreNotPassedOverInSilence) {
  fs::remove(log_of(2));
  EXPECT_THAT(restore().error().message, HasSubstr("backup 2 is damaged"));
  EXPECT_THAT(restore(2).error().message, HasSubstr("backup 2 is damaged"));
  EXPECT_TRUE(restore(1));
}

TEST_F(Backups, OfANewerDatabaseAreNotRestored) {
  ASSERT_TRUE(back_up());
  const auto hex = [](std::string_view text) {
    std::string digits;
    for (const char c : text) {
      digits += "0123456789ABCDEF"[c >> 4];
      digits += "0123456789ABCDEF"[c & 15];
    }
    return digits;
  };
  const fs::path meta = backups() / "meta" / "1";
  std::string text = read_file(meta);
  const std::size_t at = text.find(hex("database "));
  ASSERT_NE(at, std::string::npos);
  text.replace(at + hex("database ").size(), 2, hex("9"));
  write_file(meta, text);
  const auto refused = restore();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("a database of format 9"));
}

TEST_F(Backups, AreNotRestoredOverAnything) {
  ASSERT_TRUE(back_up());
  fs::create_directory(restored_dir());
  write_file(restored_dir() / "letter", "dear");
  EXPECT_EQ(restore().error().code, Errc::refused);
  EXPECT_THAT(tree_of(restored_dir()), SizeIs(1));
  fs::remove(restored_dir() / "letter");
  EXPECT_TRUE(restore()) << "an empty directory will do";
  EXPECT_EQ(restore().error().code, Errc::refused);
}

TEST_F(Backups, AreLookedForWhereThereAreSome) {
  EXPECT_EQ(restore().error().code, Errc::not_found);
  fs::create_directory(backups());
  EXPECT_EQ(restore().error().code, Errc::refused);
  write_file(backups() / "letter", "dear");
  EXPECT_EQ(restore().error().code, Errc::refused);
  fs::remove_all(backups());
  BackupPlan plan = plan_to(backups());
  auto stopped = store_->open_backup(plan).value();
  stopped->stop();
  EXPECT_FALSE(stopped->run());
  const auto none = restore();
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("holds no whole backup"));
  EXPECT_FALSE(fs::exists(restored_dir()));
}

TEST(BackupNotes, AreReadAsTheyWereWritten) {
  const BackupNotes notes{"demo", "eu", ReplicaId{7}, 2, 1'700'000'000'123, "0.1.0"};
  const BackupNotes read = decode_backup_notes(encode_backup_notes(notes) + "later 1\n").value();
  EXPECT_EQ(read.cluster, "demo");
  EXPECT_EQ(read.node, "eu");
  EXPECT_EQ(read.replica, ReplicaId{7});
  EXPECT_EQ(read.database, 2U);
  EXPECT_EQ(read.taken_ms, 1'700'000'000'123);
  EXPECT_EQ(read.program, "0.1.0");
  EXPECT_EQ(decode_backup_notes("").error().code, Errc::corrupt);
  EXPECT_EQ(decode_backup_notes("anabranch-backup 1\nnode eu\n").error().code, Errc::corrupt);
  EXPECT_EQ(decode_backup_notes("anabranch-backup 2\n").error().code, Errc::unsupported);
}

}  // namespace

}  // namespace anabranch::storage
