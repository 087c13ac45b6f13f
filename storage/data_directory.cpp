#include "storage/data_directory.h"

#include "storage/durable_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t probe_bytes = 1 << 20;

/// The nonce, then words for whoever looks into the file.
std::string marker_text(std::uint64_t nonce) {
  return ReplicaId{nonce}.to_string() +
         "\nTies this data directory to its replica id. A copy of the directory is recognised by "
         "it\nand gets an id of its own.\n";
}

std::optional<Marker> read_marker(const fs::path& path) {
  const File file(path, O_RDONLY);
  char text[16];
  struct statx facts{};
  if (!file.is_open() || ::read(file.get(), text, sizeof text) != sizeof text ||
      ::statx(file.get(), "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &facts) != 0) {
    return {};
  }
  const auto nonce = ReplicaId::parse(std::string_view(text, sizeof text));
  if (!nonce) return {};
  Marker marker;
  marker.nonce = nonce->value;
  marker.device = makedev(facts.stx_dev_major, facts.stx_dev_minor);
  marker.inode = facts.stx_ino;
  if ((facts.stx_mask & STATX_BTIME) != 0) {
    marker.birth_s = facts.stx_btime.tv_sec;
    marker.birth_ns = facts.stx_btime.tv_nsec;
  }
  return marker;
}

}  // namespace

std::string_view describe(DirectoryIdentity identity) {
  switch (identity) {
    case DirectoryIdentity::created:
      return "the data directory is new";
    case DirectoryIdentity::kept:
      return "the data directory is the one it was";
    case DirectoryIdentity::copied:
      return "the data directory is a copy, or was put back from one; it gets a new replica id";
    case DirectoryIdentity::other_node:
      return "the data directory belonged to a node of another name; it gets a new replica id";
  }
  return "";
}

DirectoryIdentity identify(const DirectoryNotes& notes, const std::optional<Marker>& marker,
                           std::string_view node_name) {
  if (!notes.replica) return DirectoryIdentity::created;
  if (notes.node_name != node_name) return DirectoryIdentity::other_node;
  const bool known = marker && std::find(notes.markers.begin(), notes.markers.end(), *marker) !=
                                   notes.markers.end();
  return known ? DirectoryIdentity::kept : DirectoryIdentity::copied;
}

DataDirectory::DataDirectory(fs::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

DataDirectory::~DataDirectory() { ::close(descriptor_); }

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const fs::path& path) {
  if (auto made = make_directory(path, "data directory"); !made)
    return tl::unexpected(made.error());
  File directory(path, O_RDONLY | O_DIRECTORY);
  if (!directory.is_open()) return io_error("cannot open", path, errno);
  // A file system that cannot lock a directory leaves it to RocksDB's own lock file.
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return fail(Errc::in_use, "the data directory " + path.string() +
                                  " is in use: another node runs on it. Stop that one first, or "
                                  "give this one a data_dir of its own");
  }
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, directory.release()));
}

Result<bool> DataDirectory::holds_database() const {
  std::error_code error;
  const fs::path database = database_path();
  if (fs::exists(database / "CURRENT", error)) return true;
  if (fs::is_directory(database, error) && fs::is_empty(database, error) && !error) return false;
  if (error && error != std::errc::no_such_file_or_directory) {
    return io_error("cannot look into", database, error.value());
  }
  if (!fs::exists(database, error)) return false;
  return fail(Errc::corrupt, database.string() +
                                 " holds no database, or one whose file CURRENT is missing. "
                                 "Restore a backup, or start with an empty data directory");
}

Result<fs::path> DataDirectory::begin_database() const {
  const fs::path unfinished = path_ / "db.unfinished";
  std::error_code error;
  fs::remove_all(unfinished, error);
  if (error) return io_error("cannot remove", unfinished, error.value());
  fs::create_directory(unfinished, error);
  if (error) return io_error("cannot make", unfinished, error.value());
  return unfinished;
}

Result<void> DataDirectory::finish_database() const {
  return rename_durably(path_ / "db.unfinished", database_path());
}

std::optional<Marker> DataDirectory::marker() const { return read_marker(path_ / "replica"); }

Result<Marker> DataDirectory::prepare_marker(std::uint64_t nonce) const {
  const fs::path path = path_ / "replica.new";
  // Never the former file with new content: a marker is a file of its own, with a birth of its own.
  ::unlink(path.c_str());
  if (auto written = write_durably(path, marker_text(nonce)); !written) {
    return tl::unexpected(written.error());
  }
  const auto marker = read_marker(path);
  if (!marker) return fail(Errc::io, "cannot read " + path.string() + " back");
  return *marker;
}

Result<void> DataDirectory::publish_marker() const {
  return rename_durably(path_ / "replica.new", path_ / "replica");
}

Result<void> DataDirectory::probe() const {
  const fs::path path = path_ / "probe";
  auto written = write_durably(path, std::string(probe_bytes, 'p'));
  ::unlink(path.c_str());
  return written;
}

}  // namespace anabranch::storage
