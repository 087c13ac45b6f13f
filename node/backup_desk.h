#pragma once

#include "base/result.h"
#include "node/log.h"
#include "storage/store.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace anabranch::node {

/// The latest backup since the start of the process.
struct BackupState {
  std::uint64_t job = 0;  ///< 0: there was none yet
  bool running = false;
  std::string directory;
  std::uint64_t copied_bytes = 0;
  std::optional<Result<storage::BackupSummary>> outcome;  ///< once it no longer runs
};

/// The node's backups: one at a time, each on a thread of its own, for it takes as long as the disk
/// needs. All calls but `run` from any thread.
class BackupDesk {
 public:
  /// `log` outlives the desk.
  explicit BackupDesk(const Log& log) : log_(log) {}
  ~BackupDesk();  ///< stops the backup under way and waits for its end
  BackupDesk(const BackupDesk&) = delete;
  BackupDesk& operator=(const BackupDesk&) = delete;

  /// Announces a backup into `directory`, which `run` follows; its job's number. Errc::refused
  /// while one is under way.
  Result<std::uint64_t> begin(const std::string& directory);
  /// Runs the backup that was announced, or notes why there is none. One thread.
  void run(Result<std::unique_ptr<storage::Backup>> backup);
  /// Lets the one under way fail soon.
  void stop();

  BackupState state() const;

 private:
  void finish(Result<storage::BackupSummary> outcome);

  const Log& log_;
  mutable std::mutex mutex_;  ///< guards state_ and backup_
  BackupState state_;
  std::unique_ptr<storage::Backup> backup_;
  std::thread thread_;  ///< of the latest backup, joined before the next
};

}  // namespace anabranch::node
