#include "storage/rocksdb_backup.h"

#include "storage/backup_directory.h"
#include "storage/stoppable_env.h"

#include <rocksdb/db.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/utilities/backup_engine.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace anabranch::storage {

namespace {

/// Reading and writing together, in a second: commits must find the disk free for their fsyncs.
constexpr std::int64_t bytes_per_second = 128 << 20;
/// How much of a disk a backup leaves to the node whose data is on it too.
constexpr std::uint64_t most_space_left = 1 << 30;
constexpr std::uint64_t least_share_left = 10;  ///< of the disk: one tenth
constexpr std::uint64_t callback_bytes = 4 << 20;

bool are_on_one_disk(const std::filesystem::path& left, const std::filesystem::path& right) {
  struct stat one{};
  struct stat other{};
  return ::stat(left.c_str(), &one) == 0 && ::stat(right.c_str(), &other) == 0 &&
         one.st_dev == other.st_dev;
}

/// True when so little is left that the node could soon not write.
bool is_nearly_full(const std::filesystem::path& directory) {
  struct statvfs disk{};
  if (::statvfs(directory.c_str(), &disk) != 0) return false;
  const std::uint64_t wanted =
      std::min(most_space_left, disk.f_blocks * disk.f_frsize / least_share_left);
  return disk.f_bavail * disk.f_frsize < wanted;
}

class RocksdbBackup final : public Backup {
 public:
  RocksdbBackup(std::shared_ptr<Database> database, const DatabaseSettings& settings,
                BackupPlan plan)
      : database_(std::move(database)), settings_(settings), plan_(std::move(plan)) {}

  Result<BackupSummary> run() override;
  void stop() override { stopped_ = true; }
  std::uint64_t copied_bytes() const override { return copied_; }

 private:
  Result<std::string> describe() const;
  Result<void> open_engine();
  Result<rocksdb::BackupID> copy(const std::string& notes);
  Result<void> verify(rocksdb::BackupID number);
  Result<BackupSummary> finish(rocksdb::BackupID number);
  void look_for_space();
  void look_around();
  tl::unexpected<Error> failure(std::string_view doing, const rocksdb::Status& status) const;

  std::shared_ptr<Database> database_;  ///< until it has been copied
  const DatabaseSettings settings_;
  const BackupPlan plan_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> lacks_space_{false};
  std::atomic<std::uint64_t> copied_{0};
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::BackupEngine> engine_;
};

Result<BackupSummary> RocksdbBackup::run() {
  const auto notes = describe();
  if (!notes) return tl::unexpected(notes.error());
  const auto directory = BackupDirectory::claim(plan_.directory, settings_.directory.parent_path(),
                                                *decode_backup_notes(*notes));
  if (!directory) return tl::unexpected(directory.error());
  if (auto opened = open_engine(); !opened) return tl::unexpected(opened.error());
  const auto number = copy(*notes);
  database_.reset();  // so that the store may be reopened, should it have to
  if (!number) return tl::unexpected(number.error());
  if (auto sound = verify(*number); !sound) return tl::unexpected(sound.error());
  return finish(*number);
}

Result<std::string> RocksdbBackup::describe() const {
  const auto meta = database_->read_meta();
  if (!meta) return tl::unexpected(meta.error());
  BackupNotes notes;
  notes.cluster = plan_.cluster;
  notes.node = plan_.node;
  notes.replica = meta->notes.replica.value_or(ReplicaId{});
  notes.database = meta->format.value_or(0);
  notes.taken_ms = plan_.taken_ms;
  notes.program = plan_.program;
  return encode_backup_notes(notes);
}

Result<void> RocksdbBackup::open_engine() {
  env_ = make_stoppable_env(settings_.env.get(), stopped_);
  rocksdb::BackupEngineOptions options(plan_.directory.string(), env_.get());
  options.info_log = settings_.logger.get();
  options.callback_trigger_interval_size = callback_bytes;
  options.backup_rate_limiter.reset(rocksdb::NewGenericRateLimiter(
      bytes_per_second, 100'000, 10, rocksdb::RateLimiter::Mode::kAllIo));
  rocksdb::BackupEngine* engine = nullptr;
  const auto status = rocksdb::BackupEngine::Open(options, settings_.env.get(), &engine);
  engine_.reset(engine);
  if (status.ok()) return {};
  return failure("cannot open the backups in " + plan_.directory.string(), status);
}

/// Where the data lies on the same disk, the node must not be left without space.
void RocksdbBackup::look_for_space() {
  lacks_space_ = lacks_space_ || (is_nearly_full(plan_.directory) &&
                                  are_on_one_disk(plan_.directory, settings_.directory));
}

/// Called by the engine after every `callback_bytes`.
void RocksdbBackup::look_around() {
  copied_ += callback_bytes;
  look_for_space();
  if (stopped_ || lacks_space_) engine_->StopBackup();
}

Result<rocksdb::BackupID> RocksdbBackup::copy(const std::string& notes) {
  rocksdb::CreateBackupOptions options;
  options.progress_callback = [this] { look_around(); };
  rocksdb::BackupID number = 0;
  look_for_space();
  if (lacks_space_) return failure("", {});
  auto status = engine_->CreateNewBackupWithMetadata(options, &database_->rocks(), notes, &number);
  if (status.ok()) return number;
  // What was copied is given back at once: it may lie on the disk that is full of it.
  engine_->GarbageCollect().PermitUncheckedError();
  return failure("cannot make a backup in " + plan_.directory.string(), status);
}

Result<void> RocksdbBackup::verify(rocksdb::BackupID number) {
  const auto status = engine_->VerifyBackup(number, true);
  if (status.ok()) return {};
  const auto failed = failure(
      "the backup in " + plan_.directory.string() + " does not read as it was written", status);
  engine_->DeleteBackup(number).PermitUncheckedError();
  engine_->GarbageCollect().PermitUncheckedError();
  return failed;
}

Result<BackupSummary> RocksdbBackup::finish(rocksdb::BackupID number) {
  const auto purged = engine_->PurgeOldBackups(static_cast<std::uint32_t>(plan_.keep));
  if (!purged.ok() && settings_.log) {
    settings_.log(LogSeverity::warning,
                  storage_error("old backups cannot be removed", purged).message);
  }
  rocksdb::BackupInfo info;
  if (const auto status = engine_->GetBackupInfo(number, &info); !status.ok()) {
    return failure("cannot read the backup's size", status);
  }
  std::vector<rocksdb::BackupInfo> all;
  engine_->GetBackupInfo(&all);
  return BackupSummary{number, info.size, info.number_files, all.size()};
}

tl::unexpected<Error> RocksdbBackup::failure(std::string_view doing,
                                             const rocksdb::Status& status) const {
  if (lacks_space_) {
    return fail(Errc::io, "no backup was made: " + plan_.directory.string() +
                              " is on the disk of the data, which is nearly full. Put backups on "
                              "another one");
  }
  if (stopped_) return fail(Errc::io, "no backup was made: the node had to stop it");
  return tl::unexpected(storage_error(doing, status));
}

}  // namespace

Result<std::unique_ptr<Backup>> open_rocksdb_backup(std::shared_ptr<Database> database,
                                                    const DatabaseSettings& settings,
                                                    BackupPlan plan) {
  return std::make_unique<RocksdbBackup>(std::move(database), settings, std::move(plan));
}

}  // namespace anabranch::storage
