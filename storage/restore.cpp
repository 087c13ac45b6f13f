#include "storage/restore.h"

#include "storage/backup_directory.h"
#include "storage/data_directory.h"
#include "storage/meta_layout.h"
#include "storage/rocksdb_store.h"

#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t cache_bytes = 8 << 20;

using Backups = std::unique_ptr<rocksdb::BackupEngineReadOnly>;

Result<Backups> open_backups(const fs::path& from, const DatabaseSettings& settings) {
  if (auto ours = BackupDirectory::check(from); !ours) return tl::unexpected(ours.error());
  rocksdb::BackupEngineOptions options(from.string());
  options.info_log = settings.logger.get();
  rocksdb::BackupEngineReadOnly* engine = nullptr;
  const auto status =
      rocksdb::BackupEngineReadOnly::Open(options, rocksdb::Env::Default(), &engine);
  if (status.ok()) return Backups(engine);
  return tl::unexpected(storage_error("cannot read the backups in " + from.string(), status));
}

std::string numbers_of(const std::vector<rocksdb::BackupInfo>& backups) {
  std::string text;
  for (const auto& backup : backups) {
    text += (text.empty() ? "" : ", ") + std::to_string(backup.backup_id);
  }
  return text;
}

/// What may be done about a backup that cannot be used.
std::string others_than(const Backups& engine, rocksdb::BackupID number) {
  std::vector<rocksdb::BackupInfo> all;
  engine->GetBackupInfo(&all);
  std::erase_if(all, [number](const auto& backup) { return backup.backup_id == number; });
  if (all.empty()) return ". There is no other";
  return ". Give --backup for another one: there are " + numbers_of(all);
}

tl::unexpected<Error> damaged(const Backups& engine, rocksdb::BackupID number,
                              const std::string& how) {
  return fail(Errc::corrupt, "backup " + std::to_string(number) + " is damaged" + how +
                                 others_than(engine, number));
}

/// The engine passes over backups whose damage it has seen: the newest that is left is not what was
/// asked for then.
Result<rocksdb::BackupID> newest(const Backups& engine, const fs::path& from) {
  std::vector<rocksdb::BackupInfo> whole;
  engine->GetBackupInfo(&whole);
  std::vector<rocksdb::BackupID> broken;
  engine->GetCorruptedBackups(&broken);
  rocksdb::BackupID last = 0;
  for (const auto& backup : whole) last = std::max(last, backup.backup_id);
  for (const rocksdb::BackupID number : broken) {
    if (number > last) return damaged(engine, number, "");
  }
  if (last > 0) return last;
  return fail(Errc::refused, from.string() + " holds no whole backup");
}

Result<rocksdb::BackupInfo> find_backup(const Backups& engine, const RestoreOptions& options) {
  const auto number =
      options.number ? Result<rocksdb::BackupID>(*options.number) : newest(engine, options.from);
  if (!number) return tl::unexpected(number.error());
  rocksdb::BackupInfo info;
  const auto status = engine->GetBackupInfo(*number, &info);
  if (status.ok()) return info;
  if (status.IsCorruption()) return damaged(engine, *number, "");
  return fail(Errc::not_found, options.from.string() + " has no backup " + std::to_string(*number) +
                                   others_than(engine, *number));
}

/// Its notes, when all of its files read as they were written.
Result<BackupNotes> examine(const Backups& engine, const rocksdb::BackupInfo& info) {
  const std::string name = "backup " + std::to_string(info.backup_id);
  auto notes = decode_backup_notes(info.app_metadata);
  if (!notes) {
    return fail(notes.error().code, name + ": " + notes.error().message);
  }
  if (notes->database > format_version) {
    return fail(Errc::unsupported,
                name + " holds a database of format " + std::to_string(notes->database) +
                    ", and this program knows formats up to " + std::to_string(format_version) +
                    ". Use the newer program that made it");
  }
  const auto status = engine->VerifyBackup(info.backup_id, true);
  if (status.ok()) return *std::move(notes);
  if (!status.IsCorruption() && !status.IsNotFound() && !status.IsPathNotFound()) {
    return tl::unexpected(storage_error("cannot read " + name, status));
  }
  return damaged(engine, info.backup_id, " (" + status.ToString() + ")");
}

Result<void> check_empty(const fs::path& data_dir) {
  std::error_code error;
  if (!fs::exists(data_dir, error) || fs::is_empty(data_dir, error)) return {};
  if (error) {
    return fail(Errc::io, "cannot look into " + data_dir.string() + ": " + error.message());
  }
  return fail(Errc::refused, data_dir.string() +
                                 " is not empty. Give a data directory that is empty, or not "
                                 "there yet");
}

void empty(const fs::path& data_dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(data_dir, ignored)) {
    fs::remove_all(entry.path(), ignored);
  }
}

/// Puts the backup's files in place. What becomes of them is then as with any copy. Takes the
/// engine with it: its threads may go on to write for a while after one of them has failed.
Result<void> copy_back(Backups engine, rocksdb::BackupID number, const fs::path& data_dir) {
  const auto directory = DataDirectory::open(data_dir);
  if (!directory) return tl::unexpected(directory.error());
  // Looked at again: from here on nobody else can have put anything there.
  if (auto is_empty = check_empty(data_dir); !is_empty) return is_empty;
  const auto unfinished = (*directory)->begin_database();
  if (!unfinished) return tl::unexpected(unfinished.error());
  const std::string place = unfinished->string();
  const auto status = engine->RestoreDBFromBackup(number, place, place);
  engine.reset();
  if (status.ok()) return (*directory)->finish_database();
  empty(data_dir);
  return tl::unexpected(storage_error("cannot restore", status));
}

/// Opens the directory once, as its node will. Since no marker of its past is there it is a copy,
/// and gets a new replica id and a marker for that: here, and not at the node's start, so that the
/// directory never stands there under the id of its past.
Result<ReplicaId> claim(const RestoreOptions& options, const BackupNotes& notes, Random& random) {
  RocksdbOptions opening;
  opening.data_dir = options.data_dir;
  opening.node_name = notes.node;
  opening.cache_bytes = cache_bytes;
  opening.log = options.log;
  const auto opened = open_rocksdb_store(opening, random);
  if (!opened) return tl::unexpected(opened.error());
  return opened->store->state().replica;
}

}  // namespace

Result<Restored> restore_backup(const RestoreOptions& options, Random& random) {
  if (auto is_empty = check_empty(options.data_dir); !is_empty) {
    return tl::unexpected(is_empty.error());
  }
  const DatabaseSettings settings = make_settings({}, cache_bytes, options.log, nullptr);
  auto engine = open_backups(options.from, settings);
  if (!engine) return tl::unexpected(engine.error());
  const auto info = find_backup(*engine, options);
  if (!info) return tl::unexpected(info.error());
  const auto notes = examine(*engine, *info);
  if (!notes) return tl::unexpected(notes.error());
  if (auto copied = copy_back(std::move(*engine), info->backup_id, options.data_dir); !copied) {
    return tl::unexpected(copied.error());
  }
  const auto replica = claim(options, *notes, random);
  if (!replica) {
    if (replica.error().code != Errc::in_use) empty(options.data_dir);
    return tl::unexpected(replica.error());
  }
  return Restored{info->backup_id, info->size, *notes, *replica};
}

}  // namespace anabranch::storage
