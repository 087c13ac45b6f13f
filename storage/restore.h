#pragma once

#include "base/random.h"
#include "base/result.h"
#include "storage/backup_notes.h"
#include "storage/rocksdb_database.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace anabranch::storage {

struct RestoreOptions {
  std::filesystem::path from;           ///< a directory of backups
  std::filesystem::path data_dir;       ///< missing or empty
  std::optional<std::uint32_t> number;  ///< missing: the newest
  LogSink log;                          ///< may be empty
};

struct Restored {
  std::uint32_t number = 0;
  std::uint64_t bytes = 0;
  BackupNotes notes;
  ReplicaId replica;  ///< the new one
};

/// Makes a data directory from a backup, under a new replica id: others may know writes of the old
/// one that were made after the backup. Everything is read and checked before it is put in place;
/// where it fails, the data directory is as empty as it was.
///
/// Errc::not_found for a path or a number that is not there, Errc::refused where `data_dir` is not
/// empty or `from` holds no backups, Errc::corrupt for a damaged one, Errc::unsupported for one of
/// a newer program, Errc::in_use and Errc::io.
Result<Restored> restore_backup(const RestoreOptions& options, Random& random);

}  // namespace anabranch::storage
