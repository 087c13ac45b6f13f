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

  Result<crdt::Horizon> horizon(const UserId& user) const {
    rocksdb::PinnableSlice value;
    const auto status =
        database_->rocks().Get(options_, database_->column(Column::horizons), user, &value);
    if (status.IsNotFound()) return crdt::Horizon();
    if (!status.ok()) return tl::unexpected(storage_error("cannot read a horizon", status));
    return decode_horizon(view_of(value));
  }

 private:
  std::shared_ptr<const Database> database_;
  rocksdb::ManagedSnapshot snapshot_;
  rocksdb::ReadOptions options_;
  std::unique_ptr<rocksdb::Iterator> entry_;
};

class RocksdbBuckets final : public PullCursor {
 public:
  RocksdbBuckets(std::shared_ptr<const Database> database, const crdt::StateDigest& theirs)
      : walk_(std::move(database)), theirs_(theirs) {}

  Result<void> begin() {
    auto meta = walk_.read_meta();
    if (!meta) return tl::unexpected(meta.error());
    vector_ = std::move(meta->vector);
    for (const std::size_t bucket : meta->digest.differing(theirs_)) wanted_[bucket] = true;
    return {};
  }

  const crdt::VersionVector& vector() const override { return vector_; }

  Result<Piece> next(std::size_t max_bytes) override {
    Piece piece;
    std::size_t bytes = 0;
    std::size_t seen = 0;
    for (; walk_.at_record() && bytes < max_bytes && seen < max_records_a_piece; walk_.next()) {
      ++seen;
      auto place = walk_.place();
      if (!place) return tl::unexpected(place.error());
      if (place->first != user_) {
        if (auto begun = begin_user(std::move(place->first), piece); !begun) {
          return tl::unexpected(begun.error());
        }
      }
      if (!user_is_wanted_) continue;
      auto record = walk_.record();
      // The asker keeps what it has there.
      if (!record) continue;
      piece.writes.push_back(write_of(user_, place->second, *record));
      bytes += wire_cost(piece.writes.back());
    }
    if (auto well = walk_.ended_well(); !well) return tl::unexpected(well.error());
    piece.last = !walk_.at_record();
    return piece;
  }

 private:
  Result<void> begin_user(UserId user, Piece& piece) {
    user_ = std::move(user);
    user_is_wanted_ = wanted_[crdt::StateDigest::bucket_of(user_)];
    if (!user_is_wanted_) return {};
    auto horizon = walk_.horizon(user_);
    if (!horizon) return tl::unexpected(horizon.error());
    if (!horizon->empty()) piece.horizons.emplace_back(user_, *std::move(horizon));
    return {};
  }

  RecordWalk walk_;
  const crdt::StateDigest theirs_;
  std::array<bool, crdt::StateDigest::bucket_count> wanted_{};
  crdt::VersionVector vector_;
  UserId user_;  ///< of the record that the walk stands on, or stood on last
  bool user_is_wanted_ = false;
};

class RocksdbScrub final : public ScrubCursor {
 public:
  explicit RocksdbScrub(std::shared_ptr<const Database> database) : walk_(std::move(database)) {}

  Result<void> begin() {
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
      if (place->first != user_) ++totals_.users;
      user_ = place->first;
      count(totals_, place->second, *record);
      found_.add(crdt::StateDigest::bucket_of(user_),
                 crdt::digest_of(user_, place->second, *record));
    }
    if (auto well = walk_.ended_well(); !well) return tl::unexpected(well.error());
    return !walk_.at_record();
  }

  wire::ScrubFindings findings() const override {
    return {found_.differences_from(kept_), excess(totals_, kept_totals_)};
  }

 private:
  RecordWalk walk_;
  crdt::StateDigest kept_;
  crdt::StateDigest found_;
  wire::StateTotals kept_totals_;
  wire::StateTotals totals_;
  UserId user_;
};

}  // namespace

Result<std::unique_ptr<PullCursor>> open_rocksdb_buckets(std::shared_ptr<const Database> database,
                                                         const crdt::StateDigest& theirs) {
  auto cursor = std::make_unique<RocksdbBuckets>(std::move(database), theirs);
  if (auto begun = cursor->begin(); !begun) return tl::unexpected(begun.error());
  return cursor;
}

Result<std::unique_ptr<ScrubCursor>> open_rocksdb_scrub(std::shared_ptr<const Database> database) {
  auto cursor = std::make_unique<RocksdbScrub>(std::move(database));
  if (auto begun = cursor->begin(); !begun) return tl::unexpected(begun.error());
  return cursor;
}

}  // namespace anabranch::storage
