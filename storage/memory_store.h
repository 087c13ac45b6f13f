#pragma once

#include "storage/store.h"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>

namespace anabranch::storage {

/// What becomes of a batch whose commit failed: the caller is not told, as with a real disk.
enum class FailedCommit {
  lost,
  found_later,  ///< it is there after `recover` or `crash`
};

/// A store in memory, for tests and the simulator: as deterministic as its calls, with a disk that
/// fails on demand. Threads as for any Store.
class MemoryStore final : public Store {
 public:
  /// An empty one, whose replica is to be admitted, or (`admitted`) is.
  explicit MemoryStore(ReplicaId replica, bool admitted = false);

  wire::StoreState state() const override;
  Result<wire::UserRecords> load_user(const UserId& user) const override;
  Result<void> visit_user(const UserId& user, const crdt::RecordVisitor& visit) const override;
  Result<void> commit(const wire::StoreBatch& batch) override;
  Result<std::unique_ptr<PullCursor>> open_pull(const crdt::VersionVector& vector) const override;
  Result<std::vector<UserId>> list_users(const UserId& after, std::size_t limit) const override;
  Result<std::unique_ptr<PullCursor>> open_buckets(
      const std::optional<crdt::StateDigest>& theirs) const override;
  Result<std::unique_ptr<PullCursor>> open_tombstones(
      const crdt::VersionVector& vector) const override;
  Result<std::unique_ptr<ScrubCursor>> open_scrub() const override;
  Result<std::unique_ptr<Backup>> open_backup(BackupPlan plan) const override;
  Result<void> recover() override;

  /// A record rots: it reads as `record` from now on, or is gone. Nothing else is changed by it.
  void damage(const UserId& user, const crdt::Path& path, std::optional<crdt::Record> record);

  /// The next `count` commits that reach the disk fail; each failure lasts until `recover`.
  void fail_commits(std::size_t count, FailedCommit outcome);

  /// A full disk fails commits, which are lost, and `recover`.
  void set_disk_full(bool full);

  /// The process dies and the store is opened anew: what was committed is there, nothing else, but
  /// for a failed batch that is found later.
  void crash();

  /// The data directory as a backup would have it: what is committed now. No knobs are copied.
  /// `replica`: the id that the copy is given where it is to be another's, and is to be admitted.
  std::unique_ptr<MemoryStore> copy(std::optional<ReplicaId> replica = {}) const;

  struct Disk {
    std::map<UserId, std::map<crdt::Path, crdt::Record>> users;
    std::set<std::tuple<Dot, UserId, crdt::Path>> log;
    wire::StoreState state;     ///< but for `beyond`, which the log knows
    std::uint64_t commits = 0;  ///< that have reached it
  };
  /// What is on the disk, whatever has been told of it. No other thread may use the store
  /// meanwhile.
  const Disk& disk() const { return disk_; }

 private:
  static void apply(Disk& disk, const wire::StoreBatch& batch);
  static void apply(Disk& disk, const wire::RecordChange& change);
  static const crdt::Record* find(const Disk& disk, const UserId& user, const crdt::Path& path);
  static crdt::VersionVector log_ends(const Disk& disk);
  void reopen();

  mutable std::mutex mutex_;  ///< guards all that follows
  Disk disk_;
  wire::StoreState opened_;  ///< what state() answers
  bool failed_ = false;
  bool full_ = false;
  std::size_t failures_left_ = 0;
  FailedCommit outcome_ = FailedCommit::lost;
  std::optional<wire::StoreBatch> found_later_;
};

}  // namespace anabranch::storage
