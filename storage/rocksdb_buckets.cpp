#include "storage/rocksdb_buckets.h"

#include "storage/key_layout.h"
#include "storage/scrub_totals.h"
#include "storage/write_grouping.h"

#include <rocksdb/db.h>
#include <rocksdb/snapshot.h>

#include <array>
#include <string>
#include <utility>

namespace anabranch::storage {

namespace {

using Column = Database::Column;

/// Records that one call may step over, wanted or not: the thread has other things to do.
constexpr std::size_t max_records_a_piece = 20'000;

/// All records of a snapshot, in the order of users and paths.
class RecordWalk {
 public:
  explicit RecordWalk(std::shared_ptr<const Database> database)
      : database_(std::move(database)), snapshot_(&database_->rocks()) {
    options_.snapshot = snapshot_.snapshot();
    // A walk over everything must not push what is in use out of the cache.
    options_.fill_cache = false;
    entry_.reset(database_->rocks().NewIterator(options_, database_->column(Column::records)));
    entry_->SeekToFirst();
  }

  Result<Meta> read_meta() { return database_->read_meta(snapshot_.snapshot()); }

  bool at_record() const { return entry_->Valid(); }
  void next() { entry_->Next(); }

  /// Errc::corrupt when the walk ended at files that cannot be read.
  Result<void> ended_well() const {
    if (entry_->status().ok()) return {};
    return tl::unexpected(storage_error("cannot read the records", entry_->status()));
  }

  Result<std::pair<UserId, crdt::Path>> place() const {
    return decode_record_key(view_of(entry_->key()));
  }
  Result<crdt::Record> record() const { return decode_record(view_of(entry_->value())); }

 private:
  std::shared_ptr<const Database> database_;
  rocksdb::ManagedSnapshot snapshot_;
  rocksdb::ReadOptions options_;
  std::unique_ptr<rocksdb::Iterator> entry_;
};

/// What all answers made by a walk over the records have in common.
class RocksdbWalk : public PullCursor {
 public:
  explicit RocksdbWalk(std::shared_ptr<const Database> database) : walk_(std::move(database)) {}

  Result<void> begin() {
    auto meta = walk_.read_meta();
    if (!meta) return tl::unexpected(meta.error());
    prepare(*meta);
    vector_ = std::move(meta->vector);
    standing_ = std::move(meta->standing);
    return {};
  }

  const crdt::VersionVector& vector() const override { return vector_; }
  const wire::Standing& standing() const override { return standing_; }

  Result<Piece> next(std::size_t max_bytes) override {
    Piece piece;
    std::size_t bytes = 0;
    std::size_t seen = 0;
    for (; walk_.at_record() && bytes < max_bytes && seen < max_records_a_piece; walk_.next()) {
      ++seen;
      auto place = walk_.place();
      if (!place) return tl::unexpected(place.error());
      if (place->first != user_) {
        user_ = std::move(place->first);
        user_is_wanted_ = wants(user_);
      }
      if (!user_is_wanted_) continue;
      auto record = walk_.record();
      // What cannot be read is not there: the asker keeps what it has in its place.
      if (!record || !wants(*record)) continue;
      piece.writes.push_back(write_of(user_, place->second, *record));
      bytes += wire_cost(piece.writes.back());
    }
    if (auto well = walk_.ended_well(); !well) return tl::unexpected(well.error());
    piece.last = !walk_.at_record();
    return piece;
  }

 protected:
  virtual void prepare(const Meta&) {}
  virtual bool wants(const UserId&) const { return true; }
  virtual bool wants(const crdt::Record&) const { return true; }

 private:
  RecordWalk walk_;
  crdt::VersionVector vector_;
  wire::Standing standing_;
  UserId user_;  ///< of the record that the walk stands on, or stood on last
  bool user_is_wanted_ = false;
};

class RocksdbBuckets final : public RocksdbWalk {
 public:
  RocksdbBuckets(std::shared_ptr<const Database> database,
                 const std::optional<crdt::StateDigest>& theirs)
      : RocksdbWalk(std::move(database)), theirs_(theirs) {}

 private:
  void prepare(const Meta& meta) override {
    if (!theirs_) return wanted_.fill(true);
    for (const std::size_t bucket : meta.digest.differing(*theirs_)) wanted_[bucket] = true;
  }
  bool wants(const UserId& user) const override {
    return wanted_[crdt::StateDigest::bucket_of(user)];
  }
  using RocksdbWalk::wants;

  const std::optional<crdt::StateDigest> theirs_;
  std::array<bool, crdt::StateDigest::bucket_count> wanted_{};
};

class RocksdbTombstones final : public RocksdbWalk {
 public:
  RocksdbTombstones(std::shared_ptr<const Database> database, crdt::VersionVector covered)
      : RocksdbWalk(std::move(database)), covered_(std::move(covered)) {}

 private:
  using RocksdbWalk::wants;
  bool wants(const crdt::Record& record) const override {
    return record.payload.kind == crdt::RecordKind::tombstone && covered_.covers(record.dot);
  }

  crdt::VersionVector covered_;
};

class RocksdbScrub final : public ScrubCursor {
 public:
  explicit RocksdbScrub(std::shared_ptr<const Database> database)
      : database_(database), walk_(std::move(database)) {}

  Result<void> begin() {
    auto ends = database_->read_log_ends();
    if (!ends) return tl::unexpected(ends.error());
    log_ends_ = *std::move(ends);
    auto meta = walk_.read_meta();
    if (!meta) return tl::unexpected(meta.error());
    kept_ = meta->digest;
    kept_totals_ = meta->totals;
    return {};
  }

  Result<bool> step(std::size_t records) override {
    for (; walk_.at_record() && records > 0; walk_.next(), --records) {
      const auto place = walk_.place();
      const auto record = walk_.record();
      // What cannot be read adds nothing, and so is found out.
      if (!place || !record) continue;
      const bool is_counted = count(totals_, place->second, *record);
      if (is_counted && place->first != counted_user_) {
        ++totals_.users;
        counted_user_ = place->first;
      }
      found_.add(crdt::StateDigest::bucket_of(place->first),
                 crdt::digest_of(place->first, place->second, *record));
    }
    if (auto well = walk_.ended_well(); !well) return tl::unexpected(well.error());
    return !walk_.at_record();
  }

  wire::ScrubFindings findings() const override {
    return {found_.differences_from(kept_), excess(totals_, kept_totals_), log_ends_};
  }

 private:
  std::shared_ptr<const Database> database_;
  RecordWalk walk_;
  crdt::VersionVector log_ends_;
  crdt::StateDigest kept_;
  crdt::StateDigest found_;
  wire::StateTotals kept_totals_;
  wire::StateTotals totals_;
  UserId counted_user_;
};

}  // namespace

namespace {

template <class Cursor, class... Arguments>
Result<std::unique_ptr<Cursor>> begun(Arguments&&... arguments) {
  auto cursor = std::make_unique<Cursor>(std::forward<Arguments>(arguments)...);
  if (auto ready = cursor->begin(); !ready) return tl::unexpected(ready.error());
  return cursor;
}

}  // namespace

Result<std::unique_ptr<PullCursor>> open_rocksdb_buckets(
    std::shared_ptr<const Database> database, const std::optional<crdt::StateDigest>& theirs) {
  return begun<RocksdbBuckets>(std::move(database), theirs);
}

Result<std::unique_ptr<PullCursor>> open_rocksdb_tombstones(
    std::shared_ptr<const Database> database, const crdt::VersionVector& covered) {
  return begun<RocksdbTombstones>(std::move(database), covered);
}

Result<std::unique_ptr<ScrubCursor>> open_rocksdb_scrub(std::shared_ptr<const Database> database) {
  return begun<RocksdbScrub>(std::move(database));
}

}  // namespace anabranch::storage
