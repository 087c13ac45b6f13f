#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "crdt/digest.h"
#include "crdt/record_view.h"
#include "crdt/version_vector.h"
#include "wire/store_batch.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::storage {

/// The answer to a pull, piece by piece, from one snapshot of the store. Move it between threads
/// freely, use it on one at a time; destroy it before its store, and before Store::recover.
class PullCursor {
 public:
  virtual ~PullCursor() = default;

  struct Piece {
    std::vector<crdt::Write> writes;
    bool last = false;
  };
  /// Writes that the asker lacks, whole ones, until they hold `max_bytes` or more. In the order
  /// of their dots; those of a repair in the order of users and paths, each record by itself.
  /// After the last piece it must not be called again.
  virtual Result<Piece> next(std::size_t max_bytes) = 0;

  /// The store's version vector in the same snapshot, and how its replica stood.
  virtual const crdt::VersionVector& vector() const = 0;
  virtual const wire::Standing& standing() const = 0;
};

/// A walk through all records of one snapshot, to see whether they are what was written. Use and
/// destroy it as a PullCursor.
class ScrubCursor {
 public:
  virtual ~ScrubCursor() = default;

  /// Reads up to so many records more; true when that was all of them.
  virtual Result<bool> step(std::size_t records) = 0;

  /// Good after the last step.
  virtual wire::ScrubFindings findings() const = 0;
};

/// A backup to be taken: where it goes, and what it notes of where it comes from.
struct BackupPlan {
  std::filesystem::path directory;  ///< absolute; see storage/backup_directory.h for what it may be
  std::size_t keep = 7;             ///< so many of the newest stay there; at least 1
  std::string node;
  std::string cluster;
  std::string program;        ///< this program's version
  std::int64_t taken_ms = 0;  ///< Unix time
};

struct BackupSummary {
  std::uint32_t number = 0;  ///< in its directory
  std::uint64_t bytes = 0;   ///< what it takes to restore it; files that did not change are shared
  std::uint32_t files = 0;
  std::size_t kept = 0;  ///< backups in the directory now
};

/// A backup on its way, of the store as it is when `run` begins. Destroy it before its store, and
/// before Store::recover.
class Backup {
 public:
  virtual ~Backup() = default;

  /// Copies, reads back what it has copied, and removes backups that are not to be kept: it takes
  /// as long as the disk needs, while the store goes on. Once, on a thread that has time. Where it
  /// fails there is no new backup in the directory, whole or half. Errc::refused for a directory
  /// that is not the place for it.
  virtual Result<BackupSummary> run() = 0;

  /// Lets `run` fail soon. Any thread.
  virtual void stop() = 0;

  /// How much `run` has copied by now. Any thread.
  virtual std::uint64_t copied_bytes() const = 0;
};

/// A node's durable state: records, their log (an index by dot) and meta. Knows nothing of
/// conflicts: the replica decides, the store keeps.
///
/// `commit` is called by one thread; what reads, and `recover`, by one other. The two
/// may run at the same time, but for `recover`, during which nothing else is called.
class Store {
 public:
  virtual ~Store() = default;

  /// What the store held when it was opened, or last recovered.
  virtual wire::StoreState state() const = 0;

  /// All records of a user, in path order; empty for an unknown user.
  virtual Result<wire::UserRecords> load_user(const UserId& user) const = 0;

  /// Shows the same records one after the other, without making them. Errc::corrupt where `visit`
  /// finds one damaged.
  virtual Result<void> visit_user(const UserId& user, const crdt::RecordVisitor& visit) const = 0;

  /// Users who have records, in order: at most `limit` of those after `after` (empty: the first).
  virtual Result<std::vector<UserId>> list_users(const UserId& after, std::size_t limit) const = 0;

  /// Writes the batch atomically and returns when it is fsynced. An error means "unknown": the
  /// batch may still be found after `recover`. From then on every commit fails until then.
  virtual Result<void> commit(const wire::StoreBatch& batch) = 0;

  /// Everything that `vector` does not cover, of all origins, beyond the store's own vector too.
  virtual Result<std::unique_ptr<PullCursor>> open_pull(
      const crdt::VersionVector& vector) const = 0;

  /// All records of the buckets whose sums differ from `theirs`; without it, of all buckets.
  virtual Result<std::unique_ptr<PullCursor>> open_buckets(
      const std::optional<crdt::StateDigest>& theirs) const = 0;

  /// All tombstones whose dots `vector` covers, in the order of users and paths.
  virtual Result<std::unique_ptr<PullCursor>> open_tombstones(
      const crdt::VersionVector& vector) const = 0;

  virtual Result<std::unique_ptr<ScrubCursor>> open_scrub() const = 0;

  /// Errc::unsupported for a store that has no files (the simulator's).
  virtual Result<std::unique_ptr<Backup>> open_backup(BackupPlan plan) const = 0;

  /// Takes the store back into use after a failed commit (a disk that was full and has space
  /// again) and proves it by a durable write. On success `state` is what the disk really holds.
  virtual Result<void> recover() = 0;
};

}  // namespace anabranch::storage
