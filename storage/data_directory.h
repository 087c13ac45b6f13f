#pragma once

#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A node's data directory:
//
//     db/             RocksDB's files, and nothing else
//     db.unfinished/  a database on its way into being; left by a crash, removed at the next start
//     replica         the marker
//     replica.new     the next marker on its way into being
//
// A replica id names one directory's past, so a directory that was copied, or put back from a copy,
// must not go on under the id it holds: others may know writes of that id which it does not. It is
// known by its marker, a file whose place on the disk (device, inode, time of birth) is noted in
// the database. A copy has another marker file, or none. The marker is made anew at each start, so
// that even an old copy written back over the very same files is found out: it notes the marker of
// its own time.

namespace anabranch::storage {

/// What is noted of a marker file.
struct Marker {
  std::uint64_t nonce = 0;  ///< its content
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t birth_s = 0;  ///< 0 where the file system does not know it
  std::uint32_t birth_ns = 0;

  bool operator==(const Marker&) const = default;
};

/// What the database notes of the directory it lies in.
struct DirectoryNotes {
  std::optional<ReplicaId> replica;
  std::string node_name;
  /// Any of them may stand: a crash can come before or after one takes the other's place.
  std::vector<Marker> markers;
};

/// How a data directory stands to its past. All but `kept` get a new replica id.
enum class DirectoryIdentity {
  created,     ///< it was empty
  kept,        ///< it is the one that it was
  copied,      ///< a copy, or put back from one: its past may not be the whole past
  other_node,  ///< it belonged to a node of another name
};

/// A sentence for the log.
std::string_view describe(DirectoryIdentity identity);

DirectoryIdentity identify(const DirectoryNotes& notes, const std::optional<Marker>& marker,
                           std::string_view node_name);

/// A data directory held by this process: nobody else can open it until this object is gone.
/// One thread at a time.
class DataDirectory {
 public:
  /// Makes the directory when it is missing. Errc::in_use when another process holds it.
  static Result<std::unique_ptr<DataDirectory>> open(const std::filesystem::path& path);

  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  /// True when there is a database, whole or damaged. False for a directory without one: nothing
  /// in it was ever acked. Errc::corrupt when db/ holds files but lacks the one that tells RocksDB
  /// where to begin.
  Result<bool> holds_database() const;

  std::filesystem::path database_path() const { return path_ / "db"; }

  /// An empty place to make a database in.
  Result<std::filesystem::path> begin_database() const;
  /// Puts the database made there into its place, for good.
  Result<void> finish_database() const;

  /// The marker that stands; none when it is missing or not a marker.
  std::optional<Marker> marker() const;
  /// Makes the next marker, durably, beside the one that stands. Note it, then `publish_marker`.
  Result<Marker> prepare_marker(std::uint64_t nonce) const;
  Result<void> publish_marker() const;

  /// Writes, syncs and removes a file, to see whether the disk takes data.
  Result<void> probe() const;

 private:
  DataDirectory(std::filesystem::path path, int descriptor);

  std::filesystem::path path_;
  int descriptor_;  ///< of the directory itself, locked
};

}  // namespace anabranch::storage
