#include "storage/memory_store.h"

#include "base/defects.h"
#include "storage/scrub_totals.h"
#include "storage/write_grouping.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace anabranch::storage {

namespace {

/// Hands out writes that were all gathered when the pull began.
class MemoryPull final : public PullCursor {
 public:
  /// `later`: the vector as it goes on to change.
  MemoryPull(std::vector<crdt::Write> writes, crdt::VersionVector vector,
             const wire::StoreState& later)
      : writes_(std::move(writes)),
        vector_(std::move(vector)),
        standing_(later.standing),
        later_(later.vector) {}

  Result<Piece> next(std::size_t max_bytes) override {
    Piece piece;
    std::size_t bytes = 0;
    while (given_ < writes_.size() && (piece.writes.empty() || bytes < max_bytes)) {
      piece.writes.push_back(writes_[given_++]);
      bytes += wire_cost(piece.writes.back());
    }
    piece.last = given_ == writes_.size();
    return piece;
  }

  const crdt::VersionVector& vector() const override {
    return planted(Defect::claim_later_than_entries) ? later_ : vector_;
  }
  const wire::Standing& standing() const override { return standing_; }

 private:
  std::vector<crdt::Write> writes_;
  std::size_t given_ = 0;
  crdt::VersionVector vector_;
  wire::Standing standing_;
  const crdt::VersionVector& later_;
};

/// Has added everything up when it was made.
class MemoryScrub final : public ScrubCursor {
 public:
  explicit MemoryScrub(wire::ScrubFindings findings) : findings_(std::move(findings)) {}

  Result<bool> step(std::size_t) override { return true; }
  wire::ScrubFindings findings() const override { return findings_; }

 private:
  wire::ScrubFindings findings_;
};

}  // namespace

MemoryStore::MemoryStore(ReplicaId replica, bool admitted) {
  disk_.state.replica = replica;
  disk_.state.standing.admitted = admitted;
  reopen();
}

wire::StoreState MemoryStore::state() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

Result<wire::UserRecords> MemoryStore::load_user(const UserId& user) const {
  const std::lock_guard lock(mutex_);
  const auto found = disk_.users.find(user);
  if (found == disk_.users.end()) return wire::UserRecords();
  return wire::UserRecords(found->second.begin(), found->second.end());
}

Result<void> MemoryStore::visit_user(const UserId& user, const crdt::RecordVisitor& visit) const {
  const std::lock_guard lock(mutex_);
  const auto found = disk_.users.find(user);
  if (found == disk_.users.end()) return {};
  for (const auto& [path, record] : found->second) {
    if (!visit(crdt::view_of(path, record))) return fail(Errc::corrupt, "a record is damaged");
  }
  return {};
}

Result<void> MemoryStore::commit(const wire::StoreBatch& batch) {
  const std::lock_guard lock(mutex_);
  if (failed_) return fail(Errc::io, "the store takes no writes since one failed");
  if (full_) {
    failed_ = true;
    return fail(Errc::io, "the disk is full");
  }
  if (failures_left_ > 0) {
    --failures_left_;
    failed_ = true;
    if (outcome_ == FailedCommit::found_later) found_later_ = batch;
    return fail(Errc::io, "the disk failed to sync");
  }
  apply(disk_, batch);
  return {};
}

Result<std::unique_ptr<PullCursor>> MemoryStore::open_pull(
    const crdt::VersionVector& vector) const {
  const std::lock_guard lock(mutex_);
  std::vector<crdt::Write> writes;
  for (const auto& [dot, user, path] : disk_.log) {
    if (vector.covers(dot)) continue;
    if (planted(Defect::pull_leaves_out_beyond) && !disk_.state.vector.covers(dot)) continue;
    if (planted(Defect::claim_per_origin) && dot.origin != disk_.state.replica) continue;
    const crdt::Record* record = find(disk_, user, path);
    if (record == nullptr || record->dot != dot) continue;
    if (auto added = add_to_writes(writes, user, path, *record); !added) {
      return tl::unexpected(added.error());
    }
  }
  crdt::VersionVector claim = disk_.state.vector;
  if (planted(Defect::claim_per_origin)) {
    claim = {};
    claim.raise(disk_.state.replica, disk_.state.vector[disk_.state.replica]);
  }
  return std::make_unique<MemoryPull>(std::move(writes), std::move(claim), disk_.state);
}

Result<std::vector<UserId>> MemoryStore::list_users(const UserId& after, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<UserId> users;
  for (auto at = disk_.users.upper_bound(after); at != disk_.users.end(); ++at) {
    if (users.size() == limit) break;
    users.push_back(at->first);
  }
  return users;
}

Result<std::unique_ptr<PullCursor>> MemoryStore::open_buckets(
    const std::optional<crdt::StateDigest>& theirs) const {
  const std::lock_guard lock(mutex_);
  std::vector<crdt::Write> writes;
  const crdt::StateDigest& ours = disk_.state.digest;
  for (const auto& [user, records] : disk_.users) {
    const std::size_t bucket = crdt::StateDigest::bucket_of(user);
    if (theirs && theirs->bucket(bucket) == ours.bucket(bucket)) continue;
    for (const auto& [path, record] : records) writes.push_back(write_of(user, path, record));
  }
  return std::make_unique<MemoryPull>(std::move(writes), disk_.state.vector, disk_.state);
}

Result<std::unique_ptr<PullCursor>> MemoryStore::open_tombstones(
    const crdt::VersionVector& vector) const {
  const std::lock_guard lock(mutex_);
  std::vector<crdt::Write> writes;
  for (const auto& [user, records] : disk_.users) {
    for (const auto& [path, record] : records) {
      const bool is_tombstone = record.payload.kind == crdt::RecordKind::tombstone;
      if (is_tombstone && vector.covers(record.dot)) writes.push_back(write_of(user, path, record));
    }
  }
  return std::make_unique<MemoryPull>(std::move(writes), disk_.state.vector, disk_.state);
}

Result<std::unique_ptr<ScrubCursor>> MemoryStore::open_scrub() const {
  const std::lock_guard lock(mutex_);
  crdt::StateDigest found;
  wire::StateTotals totals;
  for (const auto& [user, records] : disk_.users) {
    bool is_counted = false;
    for (const auto& [path, record] : records) {
      found.add(crdt::StateDigest::bucket_of(user), crdt::digest_of(user, path, record));
      is_counted = count(totals, path, record) || is_counted;
    }
    totals.users += is_counted ? 1 : 0;
  }
  return std::make_unique<MemoryScrub>(
      wire::ScrubFindings{found.differences_from(disk_.state.digest),
                          excess(totals, disk_.state.totals), log_ends(disk_)});
}

void MemoryStore::damage(const UserId& user, const crdt::Path& path,
                         std::optional<crdt::Record> record) {
  const std::lock_guard lock(mutex_);
  ++disk_.commits;
  if (record) {
    disk_.users[user].insert_or_assign(path, *std::move(record));
    return;
  }
  disk_.users[user].erase(path);
  if (disk_.users[user].empty()) disk_.users.erase(user);
}

Result<std::unique_ptr<Backup>> MemoryStore::open_backup(BackupPlan) const {
  return fail(Errc::unsupported, "a store in memory has no files to back up; see copy()");
}

Result<void> MemoryStore::recover() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  if (full_) return fail(Errc::io, "the disk is full");
  reopen();
  return {};
}

void MemoryStore::fail_commits(std::size_t count, FailedCommit outcome) {
  const std::lock_guard lock(mutex_);
  failures_left_ = count;
  outcome_ = outcome;
}

void MemoryStore::set_disk_full(bool full) {
  const std::lock_guard lock(mutex_);
  full_ = full;
}

void MemoryStore::crash() {
  const std::lock_guard lock(mutex_);
  reopen();
}

std::unique_ptr<MemoryStore> MemoryStore::copy(std::optional<ReplicaId> replica) const {
  const std::lock_guard lock(mutex_);
  auto copied = std::make_unique<MemoryStore>(disk_.state.replica);
  copied->disk_ = disk_;
  if (replica) {
    copied->disk_.state.replica = *replica;
    copied->disk_.state.standing.admitted = false;
  }
  copied->reopen();
  return copied;
}

void MemoryStore::reopen() {
  if (found_later_) apply(disk_, *found_later_);
  found_later_.reset();
  failed_ = false;
  opened_ = disk_.state;
  opened_.beyond = uncovered(log_ends(disk_), disk_.state.vector);
}

void MemoryStore::apply(Disk& disk, const wire::StoreBatch& batch) {
  for (const wire::RecordChange& change : batch.records) apply(disk, change);
  for (const ReplicaId origin : batch.forgotten) disk.state.vector.forget(origin);
  for (const auto& [origin, seq] : batch.advanced.entries()) disk.state.vector.raise(origin, seq);
  for (const auto& [bucket, sum] : batch.digests) disk.state.digest.set(bucket, sum);
  disk.state.totals = batch.totals;
  if (batch.damaged) disk.state.damaged = *batch.damaged;
  if (batch.standing) disk.state.standing = *batch.standing;
  if (batch.ages) disk.state.ages = *batch.ages;
  if (batch.replica) disk.state.replica = *batch.replica;
  ++disk.commits;
}

void MemoryStore::apply(Disk& disk, const wire::RecordChange& change) {
  if (change.kind == wire::RecordChange::Kind::put) {
    disk.users[change.user].insert_or_assign(change.path, change.record);
    disk.log.emplace(change.record.dot, change.user, change.path);
    return;
  }
  disk.log.erase({change.record.dot, change.user, change.path});
  const auto user = disk.users.find(change.user);
  if (user == disk.users.end()) return;
  user->second.erase(change.path);
  if (user->second.empty()) disk.users.erase(user);
}

const crdt::Record* MemoryStore::find(const Disk& disk, const UserId& user,
                                      const crdt::Path& path) {
  const auto records = disk.users.find(user);
  if (records == disk.users.end()) return nullptr;
  const auto found = records->second.find(path);
  return found == records->second.end() ? nullptr : &found->second;
}

crdt::VersionVector MemoryStore::log_ends(const Disk& disk) {
  crdt::VersionVector ends;
  for (const auto& [dot, user, path] : disk.log) ends.raise(dot.origin, dot.seq);
  return ends;
}

}  // namespace anabranch::storage
