#include "node/backup_report.h"

#include "node/operations_json.h"
#include "node/sizes.h"

#include <gtest/gtest.h>

namespace anabranch::node {

namespace {

TEST(BackupReport, TellsOfOneThatWasMade) {
  BackupState state{3, false, "/backups/eu", 0, storage::BackupSummary{7, 3 << 20, 9, 2}};
  const auto report = read_backup_report(backup_json(state)).value();
  EXPECT_EQ(report.job, 3U);
  EXPECT_FALSE(report.running);
  EXPECT_EQ(report.error, "");
  EXPECT_EQ(report.summary(),
            "backup 7 in /backups/eu: 3.0 MiB in 9 files, read back and found whole; 2 backups are "
            "kept there");
}

TEST(BackupReport, TellsHowFarItIs) {
  const BackupState state{1, true, "/b", 12 << 20, {}};
  const auto report = read_backup_report(backup_json(state)).value();
  EXPECT_TRUE(report.running);
  EXPECT_EQ(report.progress(), "under way: 12.0 MiB copied so far");
}

TEST(BackupReport, TellsWhyThereIsNone) {
  const BackupState state{1, false, "/b", 0, fail(Errc::refused, "/b is not empty")};
  EXPECT_EQ(read_backup_report(backup_json(state)).value().error, "/b is not empty");
}

TEST(BackupReport, AnythingElseIsAnError) {
  EXPECT_FALSE(read_backup_report("nonsense"));
  EXPECT_FALSE(read_backup_report("{\"job\":1}"));
}

TEST(Sizes, AreForPeople) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(format_bytes(std::uint64_t{2048} << 40), "2048.0 TiB");
}

}  // namespace

}  // namespace anabranch::node
