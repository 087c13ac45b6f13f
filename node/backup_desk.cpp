#include "node/backup_desk.h"

#include <utility>

namespace anabranch::node {

BackupDesk::~BackupDesk() {
  stop();
  if (thread_.joinable()) thread_.join();
}

Result<std::uint64_t> BackupDesk::begin(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  if (state_.running) {
    return fail(Errc::refused, "a backup into " + state_.directory + " is under way");
  }
  state_ = {state_.job + 1, true, directory, 0, {}};
  return state_.job;
}

void BackupDesk::run(Result<std::unique_ptr<storage::Backup>> backup) {
  if (!backup) return finish(tl::unexpected(std::move(backup.error())));
  storage::Backup* const begun = backup->get();
  {
    const std::lock_guard lock(mutex_);
    backup_ = *std::move(backup);
  }
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, begun] { finish(begun->run()); });
}

void BackupDesk::stop() {
  const std::lock_guard lock(mutex_);
  if (backup_) backup_->stop();
}

BackupState BackupDesk::state() const {
  const std::lock_guard lock(mutex_);
  BackupState state = state_;
  if (backup_) state.copied_bytes = backup_->copied_bytes();
  return state;
}

void BackupDesk::finish(Result<storage::BackupSummary> outcome) {
  std::unique_ptr<storage::Backup> ended;  // taken down without the lock
  const std::lock_guard lock(mutex_);
  if (outcome) {
    log_.info(
        "backup made",
        {{"directory", state_.directory}, {"number", outcome->number}, {"bytes", outcome->bytes}});
  } else {
    log_.warning("no backup was made",
                 {{"directory", state_.directory}, {"error", outcome.error().message}});
  }
  ended = std::move(backup_);
  state_.running = false;
  state_.outcome = std::move(outcome);
}

}  // namespace anabranch::node
