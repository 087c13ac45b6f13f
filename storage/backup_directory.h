#pragma once

#include "base/result.h"
#include "storage/backup_notes.h"

#include <filesystem>
#include <memory>
#include <string>

namespace anabranch::storage {

/// A directory that one node's backups are kept in, held by this process:
///
///     anabranch-backups   the notes of the first backup that was put here: whose they are
///     meta/ private/ shared_checksum/   RocksDB's backup engine's
///
/// Only the owner may read what is made here.
class BackupDirectory {
 public:
  /// Takes `path`, which must be absolute, for backups as `notes` describes them: makes it where it
  /// is missing. Errc::refused, in words that say why, where it is not the place for them: in
  /// `data_dir`, not empty and without backups of ours, or with those of another node or cluster.
  /// Errc::in_use where another backup is being made there, Errc::io where it cannot be written.
  static Result<std::unique_ptr<BackupDirectory>> claim(const std::filesystem::path& path,
                                                        const std::filesystem::path& data_dir,
                                                        const BackupNotes& notes);

  /// Sees that `path` holds backups of ours, without a change. Errc::not_found for a path that does
  /// not exist, Errc::refused where there are none, Errc::unsupported for those of a newer program.
  static Result<void> check(const std::filesystem::path& path);

  ~BackupDirectory();
  BackupDirectory(const BackupDirectory&) = delete;
  BackupDirectory& operator=(const BackupDirectory&) = delete;

 private:
  explicit BackupDirectory(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  ///< of the directory itself, locked
};

}  // namespace anabranch::storage
