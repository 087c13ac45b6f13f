#include "node/backup_desk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <sstream>

namespace anabranch::node {

namespace {

/// A backup that takes until it is let go or stopped.
class SlowBackup final : public storage::Backup {
 public:
  struct Control {
    std::atomic<int> running{0};
    std::atomic<bool> let_go{false};
    std::atomic<bool> stopped{false};
  };
  explicit SlowBackup(Control& control) : control_(control) {}

  Result<storage::BackupSummary> run() override {
    ++control_.running;
    control_.let_go.wait(false);
    --control_.running;
    if (control_.stopped) return fail(Errc::io, "stopped");
    return storage::BackupSummary{7, 100, 2, 1};
  }
  void stop() override {
    control_.stopped = true;
    release(control_);
  }
  std::uint64_t copied_bytes() const override { return 42; }

  static void release(Control& control) {
    control.let_go = true;
    control.let_go.notify_all();
  }

 private:
  Control& control_;
};

class Desk : public testing::Test {
 protected:
  std::unique_ptr<storage::Backup> slow() { return std::make_unique<SlowBackup>(control_); }
  BackupState ended() {
    while (desk_.state().running) std::this_thread::yield();
    return desk_.state();
  }

  SlowBackup::Control control_;
  std::ostringstream written_;
  Log log_{LogConfig{}, written_};
  BackupDesk desk_{log_};
};

TEST_F(Desk, RunsOneAtATimeAndTellsOfTheLatest) {
  EXPECT_EQ(desk_.state().job, 0U);
  EXPECT_EQ(desk_.begin("/b").value(), 1U);
  EXPECT_EQ(desk_.begin("/c").error().code, Errc::refused) << "announced is under way";
  desk_.run(slow());
  EXPECT_EQ(desk_.begin("/c").error().message, "a backup into /b is under way");
  EXPECT_TRUE(desk_.state().running);
  EXPECT_EQ(desk_.state().copied_bytes, 42U);
  SlowBackup::release(control_);
  const BackupState first = ended();
  EXPECT_EQ((*first.outcome)->number, 7U);
  EXPECT_EQ(first.directory, "/b");

  EXPECT_EQ(desk_.begin("/c").value(), 2U);
  EXPECT_FALSE(desk_.state().outcome);
  desk_.run(slow());
  EXPECT_TRUE(*ended().outcome);
}

TEST_F(Desk, NotesWhyThereIsNone) {
  desk_.begin("/b").value();
  desk_.run(fail(Errc::io, "the database is closed"));
  EXPECT_EQ(ended().outcome->error().message, "the database is closed");
  EXPECT_TRUE(desk_.begin("/b"));
}

TEST_F(Desk, StopsTheOneUnderWay) {
  desk_.stop();
  desk_.begin("/b").value();
  desk_.run(slow());
  desk_.stop();
  EXPECT_EQ(ended().outcome->error().message, "stopped");
}

TEST_F(Desk, EndsWithTheBackupUnderWay) {
  {
    BackupDesk other(log_);
    other.begin("/b").value();
    other.run(slow());
    while (control_.running == 0) std::this_thread::yield();
  }
  EXPECT_EQ(control_.running, 0);
  EXPECT_TRUE(control_.stopped);
}

}  // namespace

}  // namespace anabranch::node
