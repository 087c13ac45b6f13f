#include "storage/rocksdb_pull.h"

#include "storage/key_layout.h"
#include "storage/write_grouping.h"

#include <rocksdb/db.h>
#include <rocksdb/snapshot.h>

#include <deque>
#include <string>
#include <utility>

namespace anabranch::storage {

namespace {

/// Walks the log, one origin after the other, and looks each entry's record up in one snapshot.
class RocksdbPull final : public PullCursor {
 public:
  RocksdbPull(std::shared_ptr<const Database> database, crdt::VersionVector asked)
      : database_(std::move(database)), snapshot_(&database_->rocks()), asked_(std::move(asked)) {
    options_.snapshot = snapshot_.snapshot();
  }

  Result<void> begin() {
    auto meta = database_->read_meta(snapshot_.snapshot());
    if (!meta) return tl::unexpected(meta.error());
    vector_ = std::move(meta->vector);
    standing_ = std::move(meta->standing);
    const auto ends = database_->read_log_ends(snapshot_.snapshot());
    if (!ends) return tl::unexpected(ends.error());
    for (const auto& [origin, seq] : ends->entries()) {
      if (seq > asked_[origin]) origins_.push_back(origin);
    }
    return {};
  }

  const crdt::VersionVector& vector() const override { return vector_; }
  const wire::Standing& standing() const override { return standing_; }

  Result<Piece> next(std::size_t max_bytes) override {
    Piece piece;
    std::size_t bytes = 0;
    while (true) {
      if (auto found = find_entry(); !found) return tl::unexpected(found.error());
      piece.last = !at_entry();
      if (piece.last || (!piece.writes.empty() && bytes >= max_bytes)) return piece;
      const std::size_t before = piece.writes.size();
      if (auto taken = take_write(piece.writes); !taken) return tl::unexpected(taken.error());
      if (piece.writes.size() > before) bytes += wire_cost(piece.writes.back());
    }
  }

 private:
  using Column = Database::Column;

  bool at_entry() const { return entry_ && entry_->Valid(); }

  /// Goes on to the next origin when there are no more entries of this one.
  Result<void> find_entry() {
    while (!at_entry()) {
      if (entry_ && !entry_->status().ok()) {
        return tl::unexpected(storage_error("cannot read the log", entry_->status()));
      }
      if (origins_.empty()) return {};
      open_origin(origins_.front());
      origins_.pop_front();
    }
    return {};
  }

  /// The bound keeps the iterator from running on into the next origin's deleted entries.
  void open_origin(ReplicaId origin) {
    entry_.reset();
    end_ = log_end(origin);
    bound_ = end_;
    rocksdb::ReadOptions options = options_;
    options.iterate_upper_bound = &bound_;
    entry_.reset(database_->rocks().NewIterator(options, database_->column(Column::log)));
    entry_->Seek(log_bound({origin, asked_[origin] + 1}));
  }

  /// Takes all entries of the dot that the iterator stands on.
  Result<void> take_write(std::vector<crdt::Write>& writes) {
    Dot dot;
    while (entry_->Valid()) {
      const auto logged = decode_log_key(view_of(entry_->key()));
      if (!logged) return tl::unexpected(logged.error());
      if (dot.seq != 0 && logged->dot != dot) break;
      dot = logged->dot;
      if (auto taken = take_record(*logged, writes); !taken) return taken;
      entry_->Next();
    }
    return {};
  }

  /// An entry whose record has gone, or stands under another dot, is dead: nothing is taken.
  Result<void> take_record(const LogEntry& logged, std::vector<crdt::Write>& writes) {
    const rocksdb::Slice key(logged.record_key.data(), logged.record_key.size());
    rocksdb::PinnableSlice value;
    const auto status =
        database_->rocks().Get(options_, database_->column(Column::records), key, &value);
    if (status.IsNotFound()) return {};
    if (!status.ok()) return tl::unexpected(storage_error("cannot read a record", status));
    const auto record = decode_record(view_of(value));
    if (!record) return tl::unexpected(record.error());
    if (record->dot != logged.dot) return {};
    const auto place = decode_record_key(logged.record_key);
    if (!place) return tl::unexpected(place.error());
    return add_to_writes(writes, place->first, place->second, *record);
  }

  std::shared_ptr<const Database> database_;
  rocksdb::ManagedSnapshot snapshot_;
  crdt::VersionVector asked_;
  crdt::VersionVector vector_;
  wire::Standing standing_;
  std::deque<ReplicaId> origins_;  ///< still to be walked
  rocksdb::ReadOptions options_;
  std::string end_;  ///< of the origin being walked
  rocksdb::Slice bound_;
  std::unique_ptr<rocksdb::Iterator> entry_;
};

}  // namespace

Result<std::unique_ptr<PullCursor>> open_rocksdb_pull(std::shared_ptr<const Database> database,
                                                      const crdt::VersionVector& asked) {
  auto pull = std::make_unique<RocksdbPull>(std::move(database), asked);
  if (auto begun = pull->begin(); !begun) return tl::unexpected(begun.error());
  return pull;
}

}  // namespace anabranch::storage
