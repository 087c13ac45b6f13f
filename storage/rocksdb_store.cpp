#include "storage/rocksdb_store.h"

#include "storage/key_layout.h"
#include "storage/meta_layout.h"
#include "storage/record_batch.h"
#include "storage/rocksdb_backup.h"
#include "storage/rocksdb_buckets.h"
#include "storage/rocksdb_pull.h"
#include "storage/wal_evidence.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <optional>
#include <utility>

namespace anabranch::storage {

namespace {

using Column = Database::Column;

rocksdb::Slice slice_of(std::string_view view) { return {view.data(), view.size()}; }

rocksdb::WriteOptions durable() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

Result<wire::StoreState> load_state(const Database& database) {
  auto meta = database.read_meta();
  if (!meta) return tl::unexpected(meta.error());
  if (!meta->notes.replica) return fail(Errc::corrupt, "the database names no replica id");
  const auto ends = database.read_log_ends();
  if (!ends) return tl::unexpected(ends.error());
  crdt::VersionVector beyond = uncovered(*ends, meta->vector);
  return wire::StoreState{*meta->notes.replica,
                          std::move(meta->vector),
                          meta->digest,
                          meta->totals,
                          std::move(beyond),
                          meta->damaged,
                          std::move(meta->standing),
                          std::move(meta->ages)};
}

void add_meta(rocksdb::WriteBatch& batch, const wire::StoreBatch& changes) {
  for (const ReplicaId origin : changes.forgotten) batch.Delete(meta_key::vector(origin));
  for (const auto& [origin, seq] : changes.advanced.entries()) {
    batch.Put(meta_key::vector(origin), encode_number(seq));
  }
  for (const auto& [bucket, sum] : changes.digests) {
    batch.Put(meta_key::digest(bucket), encode_digest(sum));
  }
  if (changes.replica) {
    batch.Put(slice_of(meta_key::replica), encode_number(changes.replica->value));
  }
  if (changes.standing) {
    batch.Put(slice_of(meta_key::standing), encode_standing(*changes.standing));
  }
  if (changes.ages) batch.Put(slice_of(meta_key::ages), encode_ages(*changes.ages));
  if (changes.damaged) {
    batch.Put(slice_of(meta_key::damaged), std::string(1, *changes.damaged ? '\1' : '\0'));
  }
  batch.Put(slice_of(meta_key::totals), encode_totals(changes.totals));
}

class RocksdbStore final : public Store {
 public:
  RocksdbStore(std::unique_ptr<DataDirectory> directory, DatabaseSettings settings,
               std::shared_ptr<Database> database, wire::StoreState state)
      : directory_(std::move(directory)),
        settings_(std::move(settings)),
        database_(std::move(database)),
        state_(std::move(state)) {}

  wire::StoreState state() const override { return state_; }

  Result<wire::UserRecords> load_user(const UserId& user) const override {
    wire::UserRecords records;
    const auto visited = visit_user(user, [&records](const crdt::RecordView& record) {
      auto path = crdt::Path::from_key(record.key);
      if (path) records.emplace_back(*std::move(path), record.record());
      return path.has_value();
    });
    if (!visited) return tl::unexpected(visited.error());
    return records;
  }

  Result<void> visit_user(const UserId& user, const crdt::RecordVisitor& visit) const override {
    if (!database_) return closed();
    const auto [first, past] = record_range(user);
    const rocksdb::Slice bound = past;
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> entry(
        database_->rocks().NewIterator(options, database_->column(Column::records)));
    for (entry->Seek(first); entry->Valid(); entry->Next()) {
      auto record = view_record(view_of(entry->value()));
      if (!record) return tl::unexpected(record.error());
      record->key = view_of(entry->key()).substr(first.size());
      if (!visit(*record)) return fail(Errc::corrupt, "a stored record's path is damaged");
    }
    if (entry->status().ok()) return {};
    return tl::unexpected(storage_error("cannot read the user's records", entry->status()));
  }

  Result<std::vector<UserId>> list_users(const UserId& after, std::size_t limit) const override {
    if (!database_) return closed();
    const std::unique_ptr<rocksdb::Iterator> entry(
        database_->rocks().NewIterator({}, database_->column(Column::records)));
    std::vector<UserId> users;
    for (entry->Seek(record_range(after).second); entry->Valid() && users.size() < limit;
         entry->Seek(record_range(users.back()).second)) {
      auto place = decode_record_key(view_of(entry->key()));
      if (!place) return tl::unexpected(place.error());
      users.push_back(std::move(place->first));
    }
    if (entry->status().ok()) return users;
    return tl::unexpected(storage_error("cannot list the users", entry->status()));
  }

  Result<void> commit(const wire::StoreBatch& changes) override {
    if (failure_) return fail(Errc::io, "the store takes no writes since one failed: " + *failure_);
    rocksdb::WriteBatch batch;
    add_changes(batch, database_->column(Column::records), database_->column(Column::log),
                changes.records);
    add_meta(batch, changes);
    const auto status = database_->rocks().Write(durable(), &batch);
    if (status.ok()) return {};
    // Whatever RocksDB calls it, for the caller it is a write whose outcome is unknown.
    failure_ = storage_error("cannot write", status).message;
    return fail(Errc::io, *failure_);
  }

  Result<std::unique_ptr<PullCursor>> open_pull(const crdt::VersionVector& vector) const override {
    if (!database_) return closed();
    return open_rocksdb_pull(database_, vector);
  }

  Result<std::unique_ptr<PullCursor>> open_buckets(
      const std::optional<crdt::StateDigest>& theirs) const override {
    if (!database_) return closed();
    return open_rocksdb_buckets(database_, theirs);
  }

  Result<std::unique_ptr<PullCursor>> open_tombstones(
      const crdt::VersionVector& vector) const override {
    if (!database_) return closed();
    return open_rocksdb_tombstones(database_, vector);
  }

  Result<std::unique_ptr<ScrubCursor>> open_scrub() const override {
    if (!database_) return closed();
    return open_rocksdb_scrub(database_);
  }

  Result<std::unique_ptr<Backup>> open_backup(BackupPlan plan) const override {
    if (!database_) return closed();
    return open_rocksdb_backup(database_, settings_, std::move(plan));
  }

  Result<void> recover() override {
    if (!failure_) failure_ = "it is being reopened";
    // While the disk takes nothing the database stays open, for reads.
    if (auto writable = directory_->probe(); !writable) return writable;
    if (database_ && database_.use_count() > 1) {
      return fail(Errc::io,
                  "the database cannot be reopened while a pull or a backup reads from it");
    }
    database_.reset();
    auto reopened = reopen();
    if (reopened) {
      failure_.reset();
      return {};
    }
    database_.reset();
    if (auto readable = Database::open_read_only(settings_, Database::LogTail::torn)) {
      database_ = *std::move(readable);
    }
    return fail(Errc::io, reopened.error().message);
  }

 private:
  static tl::unexpected<Error> closed() {
    return fail(Errc::io, "the database is closed since it could not be reopened");
  }

  /// Opens the database, proves that it takes writes, and only then takes over what it holds.
  Result<void> reopen() {
    auto inspection = Database::inspect(settings_);
    if (!inspection) return tl::unexpected(inspection.error());
    auto database = Database::open(settings_, inspection->tail);
    if (!database) return tl::unexpected(database.error());
    const auto status =
        (*database)->rocks().Put(durable(), slice_of(meta_key::proof), encode_number(++proofs_));
    if (!status.ok()) return tl::unexpected(storage_error("cannot write", status));
    auto state = load_state(**database);
    if (!state) return tl::unexpected(state.error());
    state_ = *std::move(state);
    database_ = *std::move(database);
    return {};
  }

  std::unique_ptr<DataDirectory> directory_;
  DatabaseSettings settings_;
  std::shared_ptr<Database> database_;  ///< null, or open for reads only, after a failed recover
  wire::StoreState state_;
  std::optional<std::string> failure_;  ///< set from a failed commit until `recover`
  std::uint64_t proofs_ = 0;
};

Result<void> ensure_database(const DataDirectory& directory, const RocksdbOptions& options) {
  const auto present = directory.holds_database();
  if (!present) return tl::unexpected(present.error());
  if (*present) return {};
  const auto unfinished = directory.begin_database();
  if (!unfinished) return tl::unexpected(unfinished.error());
  // Without a log: what goes wrong comes back as an error, and RocksDB calls it one, too, that a
  // database in the making lacks the files of a made one.
  const auto created =
      Database::create(make_settings(*unfinished, options.cache_bytes, {}, options.env));
  return created ? directory.finish_database() : created;
}

/// A log that someone tidied away takes acked writes with it, and RocksDB does not miss it. In a
/// directory that was not copied there is always one.
Result<void> check_log_is_there(const DataDirectory& directory, DirectoryIdentity identity) {
  if (identity != DirectoryIdentity::kept || has_write_ahead_log(directory.database_path())) {
    return {};
  }
  return fail(Errc::corrupt, "the write-ahead log (the files *.log) in " +
                                 directory.database_path().string() +
                                 " is missing, and acknowledged writes with it. Put the files "
                                 "back, or start with an empty data directory");
}

ReplicaId mint(const Meta& meta, Random& random) {
  while (true) {
    const ReplicaId minted{random.next()};
    if (minted.value != 0 && minted != meta.notes.replica && meta.vector[minted] == 0) {
      return minted;
    }
  }
}

/// Makes the directory this node's own: its name, a marker of this start, and where its past
/// cannot be trusted a new replica id, to be admitted by the others; all durable before the store
/// is handed out.
Result<void> claim(const DataDirectory& directory, const Database& database, const Meta& meta,
                   DirectoryIdentity identity, const std::string& node_name, Random& random) {
  const auto next_marker = directory.prepare_marker(random.next());
  if (!next_marker) return tl::unexpected(next_marker.error());
  std::vector<Marker> markers = {*next_marker};
  rocksdb::WriteBatch batch;
  const bool is_old = meta.format != format_version;
  if (identity == DirectoryIdentity::kept) {
    markers.push_back(*directory.marker());
    // Before there was admission everyone took part.
    if (is_old) batch.Put(slice_of(meta_key::standing), encode_standing({true, {}}));
  } else {
    batch.Put(slice_of(meta_key::standing), encode_standing({false, meta.standing.collected}));
    const ReplicaId minted = mint(meta, random);
    batch.Put(slice_of(meta_key::replica), encode_number(minted.value));
    batch.Put(slice_of(meta_key::node), node_name);
  }
  batch.Put(slice_of(meta_key::markers), encode_markers(markers));
  if (is_old) {
    batch.Put(slice_of(meta_key::format), encode_format(format_version));
  }
  auto status = database.rocks().Write(durable(), &batch);
  // Into a table file too, so that the notes do not go with a log that someone tidies away.
  if (status.ok()) status = database.rocks().Flush({}, database.column(Column::meta));
  if (!status.ok()) return tl::unexpected(storage_error("cannot write", status));
  return directory.publish_marker();
}

void log_findings(const LogSink& log, const Database::Inspection& inspection,
                  DirectoryIdentity identity) {
  if (!log) return;
  if (inspection.tail == Database::LogTail::torn) {
    log(LogSeverity::warning,
        "the last write was cut short by a crash; it was never acknowledged and is dropped");
  }
  if (identity != DirectoryIdentity::kept) {
    const bool expected = identity == DirectoryIdentity::created;
    log(expected ? LogSeverity::info : LogSeverity::warning, describe(identity));
  }
}

}  // namespace

Result<OpenedStore> open_rocksdb_store(const RocksdbOptions& options, Random& random) {
  auto directory = DataDirectory::open(options.data_dir);
  if (!directory) return tl::unexpected(directory.error());
  if (auto ensured = ensure_database(**directory, options); !ensured) {
    return tl::unexpected(ensured.error());
  }
  DatabaseSettings settings =
      make_settings((*directory)->database_path(), options.cache_bytes, options.log, options.env);
  const auto inspection = Database::inspect(settings);
  if (!inspection) return tl::unexpected(inspection.error());
  const DirectoryIdentity identity =
      identify(inspection->meta.notes, (*directory)->marker(), options.node_name);
  if (auto whole = check_log_is_there(**directory, identity); !whole) {
    return tl::unexpected(whole.error());
  }
  auto database = Database::open(settings, inspection->tail);
  if (!database) return tl::unexpected(database.error());
  log_findings(options.log, *inspection, identity);
  if (auto claimed =
          claim(**directory, **database, inspection->meta, identity, options.node_name, random);
      !claimed) {
    return tl::unexpected(claimed.error());
  }
  auto state = load_state(**database);
  if (!state) return tl::unexpected(state.error());
  return OpenedStore{std::make_unique<RocksdbStore>(*std::move(directory), std::move(settings),
                                                    *std::move(database), *std::move(state)),
                     identity};
}

}  // namespace anabranch::storage
