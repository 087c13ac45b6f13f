#include "storage/backup_directory.h"

#include "storage/durable_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_notes_bytes = 4096;

fs::path notes_file(const fs::path& directory) { return directory / "anabranch-backups"; }

/// The notes that lie in `directory`; Errc::not_found where there are none.
Result<BackupNotes> read_notes(const fs::path& directory) {
  const fs::path path = notes_file(directory);
  const File file(path, O_RDONLY);
  if (!file.is_open() && errno == ENOENT) return fail(Errc::not_found, "");
  std::array<char, max_notes_bytes> text{};
  const ssize_t size = file.is_open() ? ::read(file.get(), text.data(), text.size()) : -1;
  if (size < 0) return io_error("cannot read", path, errno);
  auto notes = decode_backup_notes({text.data(), static_cast<std::size_t>(size)});
  if (!notes) notes.error().message = path.string() + ": " + notes.error().message;
  return notes;
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto [end, rest] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

Result<void> check_place(const fs::path& path, const fs::path& data_dir) {
  std::error_code error;
  if (!path.is_absolute()) {
    return fail(Errc::refused, path.string() + " is a relative path: give an absolute one");
  }
  if (!lies_in(fs::weakly_canonical(path, error), fs::weakly_canonical(data_dir, error))) return {};
  return fail(Errc::refused, path.string() + " lies in the data directory " + data_dir.string() +
                                 ": a backup must outlive it. Give another place, best on "
                                 "another disk");
}

Result<void> check_owner(const fs::path& path, const BackupNotes& theirs, const BackupNotes& ours) {
  if (theirs.node == ours.node && theirs.cluster == ours.cluster) return {};
  return fail(Errc::refused, path.string() + " holds the backups of node " + theirs.node +
                                 " of cluster " + theirs.cluster +
                                 ". Give this node a directory of its own");
}

/// Lets the directory be known, where it is new.
Result<void> settle(const fs::path& path, const BackupNotes& ours) {
  const auto theirs = read_notes(path);
  if (theirs) return check_owner(path, *theirs, ours);
  if (theirs.error().code != Errc::not_found) return tl::unexpected(theirs.error());
  const fs::path unfinished = notes_file(path).concat(".new");
  ::unlink(unfinished.c_str());  // of a first backup that was cut short
  std::error_code error;
  const bool is_empty = fs::is_empty(path, error);
  if (error) return io_error("cannot look into", path, error.value());
  if (!is_empty) {
    return fail(Errc::refused, path.string() +
                                   " is not empty and holds no backups of a node. Give an empty "
                                   "directory, or one that is not there yet");
  }
  if (auto written = write_durably(unfinished, encode_backup_notes(ours)); !written) return written;
  return rename_durably(unfinished, notes_file(path));
}

}  // namespace

Result<std::unique_ptr<BackupDirectory>> BackupDirectory::claim(const fs::path& path,
                                                                const fs::path& data_dir,
                                                                const BackupNotes& notes) {
  if (auto placed = check_place(path, data_dir); !placed) return tl::unexpected(placed.error());
  if (auto made = make_directory(path, "directory for backups"); !made) {
    return tl::unexpected(made.error());
  }
  File directory(path, O_RDONLY | O_DIRECTORY);
  if (!directory.is_open()) return io_error("cannot open", path, errno);
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return fail(Errc::in_use, "another backup is being made in " + path.string());
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) return io_error("cannot write to", path, errno);
  if (auto settled = settle(path, notes); !settled) return tl::unexpected(settled.error());
  return std::unique_ptr<BackupDirectory>(new BackupDirectory(directory.release()));
}

Result<void> BackupDirectory::check(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return fail(Errc::not_found, path.string() + " does not exist");
  }
  const auto notes = read_notes(path);
  if (notes) return {};
  if (notes.error().code == Errc::not_found) {
    return fail(Errc::refused, path.string() + " holds no backups of a node");
  }
  return tl::unexpected(notes.error());
}

BackupDirectory::~BackupDirectory() { ::close(descriptor_); }

}  // namespace anabranch::storage
