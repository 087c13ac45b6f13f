#include "storage/rocksdb_database.h"

#include "storage/key_layout.h"
#include "storage/sync_time.h"
#include "storage/wal_evidence.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace anabranch::storage {

namespace {

constexpr std::size_t mebibyte = 1 << 20;
/// Bounds what lies in memory alone, and so what a start has to read back.
constexpr std::size_t max_log_bytes = 32 * mebibyte;
constexpr std::size_t max_memtable_bytes = 64 * mebibyte;
constexpr int filter_bits_per_key = 10;
constexpr int max_open_files = 1024;

constexpr std::array<const char*, 3> column_names = {"default", "records", "log"};
/// Format 2 had it; what it held is told by records since.
constexpr const char* former_column = "horizons";

/// Hands RocksDB's warnings and errors on. Without a logger of one's own RocksDB writes a file LOG
/// into its directory, and aborts the process when that meets a full disk.
class ForwardingLogger final : public rocksdb::Logger {
 public:
  explicit ForwardingLogger(LogSink sink)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}

  using Logger::Logv;
  void Logv(const char*, va_list) override {}

  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    const bool wanted = level == rocksdb::WARN_LEVEL || level == rocksdb::ERROR_LEVEL ||
                        level == rocksdb::FATAL_LEVEL;
    if (!wanted || !sink_) return;
    std::array<char, 1024> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    const auto severity = level == rocksdb::WARN_LEVEL ? LogSeverity::warning : LogSeverity::error;
    sink_(severity, std::string("RocksDB: ") + text.data());
  }

 private:
  LogSink sink_;
};

rocksdb::DBOptions database_options(const DatabaseSettings& settings) {
  rocksdb::DBOptions options;
  options.env = settings.env.get();
  options.info_log = settings.logger;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.paranoid_checks = true;
  options.max_total_wal_size = max_log_bytes;
  options.db_write_buffer_size = max_memtable_bytes;
  options.max_manifest_file_size = 16 * mebibyte;
  options.max_open_files = max_open_files;
  options.max_background_jobs = 2;
  options.bytes_per_sync = mebibyte;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions column_options(const DatabaseSettings& settings) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = settings.cache;
  table.block_size = 16 << 10;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(filter_bits_per_key));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = 16 * mebibyte;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kLZ4Compression;
  return options;
}

/// Lets inserts begin where the last one of the same kind ended. RocksDB keeps a place for each
/// prefix: for each origin of the log, whose dots only grow, for each key of meta, of which there
/// are few, written again and again, and one for all records, which a commit puts in order.
void remember_places(std::vector<rocksdb::ColumnFamilyDescriptor>& columns) {
  const auto remember = [&columns](Database::Column column, const rocksdb::SliceTransform* prefix) {
    columns[static_cast<std::size_t>(column)]
        .options.memtable_insert_with_hint_prefix_extractor.reset(prefix);
  };
  remember(Database::Column::records, rocksdb::NewCappedPrefixTransform(0));
  remember(Database::Column::log, rocksdb::NewFixedPrefixTransform(sizeof(ReplicaId)));
  remember(Database::Column::meta, rocksdb::NewNoopTransform());
}

std::vector<rocksdb::ColumnFamilyDescriptor> all_columns(const DatabaseSettings& settings) {
  const rocksdb::ColumnFamilyOptions options = column_options(settings);
  std::vector<rocksdb::ColumnFamilyDescriptor> columns;
  for (const char* name : column_names) columns.emplace_back(name, options);
  remember_places(columns);
  return columns;
}

bool has_former_column(const DatabaseSettings& settings) {
  std::vector<std::string> names;
  rocksdb::DB::ListColumnFamilies(database_options(settings), settings.directory.string(), &names)
      .PermitUncheckedError();
  return std::find(names.begin(), names.end(), former_column) != names.end();
}

using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;

rocksdb::WALRecoveryMode recovery_mode(Database::LogTail tail) {
  return tail == Database::LogTail::whole ? rocksdb::WALRecoveryMode::kAbsoluteConsistency
                                          : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
}

/// An error met while opening a database that should be whole.
tl::unexpected<Error> open_error(const DatabaseSettings& settings, const rocksdb::Status& status) {
  const std::string where = "cannot open the database in " + settings.directory.string();
  Error error = storage_error(where, status);
  if (status.IsPathNotFound() || status.IsNotFound() || status.IsInvalidArgument()) {
    error.code = Errc::corrupt;
  }
  if (error.code == Errc::corrupt) {
    error.message +=
        ". The files were left as they are. Start with an empty data directory (the "
        "other nodes fill it), or restore a backup";
  }
  return tl::unexpected(std::move(error));
}

Result<void> check_columns(const DatabaseSettings& settings) {
  std::vector<std::string> names;
  const auto status = rocksdb::DB::ListColumnFamilies(database_options(settings),
                                                      settings.directory.string(), &names);
  if (!status.ok()) return open_error(settings, status);
  const bool ours = std::all_of(column_names.begin(), column_names.end(), [&names](auto* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
  if (ours) return {};
  return fail(Errc::invalid_config, settings.directory.string() +
                                        " holds the database of another program. Give this node "
                                        "a data_dir of its own");
}

Result<void> check_format(const DatabaseSettings& settings, const Meta& meta) {
  const std::string where = "the database in " + settings.directory.string();
  if (!meta.format) return fail(Errc::corrupt, where + " does not name its format");
  if (*meta.format <= format_version) return {};
  return fail(Errc::unsupported, where + " has format " + std::to_string(*meta.format) +
                                     ", and this program knows formats up to " +
                                     std::to_string(format_version) +
                                     ". Run the newer program that wrote it");
}

/// What recovery dropped from the log must be nothing but the torn end of the last record.
Result<void> check_dropped(const DatabaseSettings& settings, const Database& database) {
  const auto proven = proven_sequence(settings.directory);
  if (!proven) return tl::unexpected(proven.error());
  if (*proven <= database.rocks().GetLatestSequenceNumber()) return {};
  return fail(Errc::corrupt,
              "the write-ahead log in " + settings.directory.string() +
                  " is damaged in the middle, and acknowledged writes with it. The files were "
                  "left as they are. Start with an empty data directory (the other nodes fill "
                  "it), or restore a backup");
}

}  // namespace

DatabaseSettings make_settings(std::filesystem::path directory, std::size_t cache_bytes,
                               LogSink log, rocksdb::Env* env) {
  DatabaseSettings settings;
  settings.directory = std::move(directory);
  settings.cache = rocksdb::NewLRUCache(cache_bytes);
  settings.logger = std::make_shared<ForwardingLogger>(log);
  settings.log = std::move(log);
  settings.env = make_sync_timed_env(env);
  return settings;
}

Database::Database(rocksdb::DB* rocks, Handles columns, std::shared_ptr<rocksdb::Env> env)
    : env_(std::move(env)), rocks_(rocks), columns_(std::move(columns)) {}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* column : columns_) {
    rocks_->DestroyColumnFamilyHandle(column).PermitUncheckedError();
  }
  // Whatever it says: all that was acked is in the synced log.
  rocks_->Close().PermitUncheckedError();
}

Result<void> Database::create(const DatabaseSettings& settings) {
  rocksdb::DBOptions options = database_options(settings);
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.error_if_exists = true;
  rocksdb::DB* rocks = nullptr;
  Handles handles;
  auto status = rocksdb::DB::Open(options, settings.directory.string(), all_columns(settings),
                                  &handles, &rocks);
  if (status.ok()) {
    const std::shared_ptr<Database> database(new Database(rocks, std::move(handles), settings.env));
    rocksdb::WriteOptions durable;
    durable.sync = true;
    status = rocks->Put(durable, rocksdb::Slice(meta_key::format.data(), meta_key::format.size()),
                        encode_format(format_version));
  }
  if (status.ok()) return {};
  return tl::unexpected(
      storage_error("cannot make a database in " + settings.directory.string(), status));
}

Result<Database::Inspection> Database::inspect(const DatabaseSettings& settings) {
  if (auto checked = check_columns(settings); !checked) return tl::unexpected(checked.error());
  Inspection inspection;
  auto database = open_read_only(settings, LogTail::whole);
  if (!database && database.error().code == Errc::corrupt) {
    inspection.tail = LogTail::torn;
    database = open_read_only(settings, LogTail::torn);
  }
  if (!database) return tl::unexpected(database.error());
  if (inspection.tail == LogTail::torn) {
    if (auto dropped = check_dropped(settings, **database); !dropped) {
      return tl::unexpected(dropped.error());
    }
  }
  auto meta = (*database)->read_meta();
  if (!meta) return tl::unexpected(meta.error());
  inspection.meta = *std::move(meta);
  if (auto known = check_format(settings, inspection.meta); !known) {
    return tl::unexpected(known.error());
  }
  return inspection;
}

Result<std::shared_ptr<Database>> Database::open(const DatabaseSettings& settings, LogTail tail) {
  rocksdb::DBOptions options = database_options(settings);
  options.wal_recovery_mode = recovery_mode(tail);
  auto columns = all_columns(settings);
  // RocksDB opens a database for writing only with all that it has.
  const bool is_old = has_former_column(settings);
  if (is_old) columns.emplace_back(former_column, column_options(settings));
  rocksdb::DB* rocks = nullptr;
  Handles handles;
  auto status = rocksdb::DB::Open(options, settings.directory.string(), columns, &handles, &rocks);
  if (!status.ok()) return open_error(settings, status);
  std::shared_ptr<Database> database(new Database(rocks, std::move(handles), settings.env));
  if (is_old) {
    status = rocks->DropColumnFamily(database->columns_.back());
    if (!status.ok()) return open_error(settings, status);
  }
  return database;
}

Result<std::shared_ptr<Database>> Database::open_read_only(const DatabaseSettings& settings,
                                                           LogTail tail) {
  rocksdb::DBOptions options = database_options(settings);
  options.wal_recovery_mode = recovery_mode(tail);
  rocksdb::DB* rocks = nullptr;
  Handles handles;
  const auto status = rocksdb::DB::OpenForReadOnly(options, settings.directory.string(),
                                                   all_columns(settings), &handles, &rocks);
  if (!status.ok()) return open_error(settings, status);
  return std::shared_ptr<Database>(new Database(rocks, std::move(handles), settings.env));
}

Result<Meta> Database::read_meta(const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  Meta meta;
  const std::unique_ptr<rocksdb::Iterator> entry(
      rocks_->NewIterator(options, column(Column::meta)));
  for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
    auto taken = take_meta_entry(meta, view_of(entry->key()), view_of(entry->value()));
    if (!taken) return tl::unexpected(taken.error());
  }
  if (!entry->status().ok()) {
    return tl::unexpected(storage_error("cannot read the meta data", entry->status()));
  }
  return meta;
}

Result<crdt::VersionVector> Database::read_log_ends(const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  crdt::VersionVector ends;
  const std::unique_ptr<rocksdb::Iterator> entry(rocks_->NewIterator(options, column(Column::log)));
  // From the end, since the oldest writes of an origin are mostly superseded: an iterator that
  // came from the front would step over their deleted entries one by one.
  entry->SeekToLast();
  while (entry->Valid()) {
    const auto last = decode_log_key(view_of(entry->key()));
    if (!last) return tl::unexpected(last.error());
    ends.raise(last->dot.origin, last->dot.seq);
    entry->SeekForPrev(log_bound({last->dot.origin, 0}));
  }
  if (entry->status().ok()) return ends;
  return tl::unexpected(storage_error("cannot read the log", entry->status()));
}

Error storage_error(std::string_view doing, const rocksdb::Status& status) {
  const std::string text = std::string(doing) + ": " + status.ToString();
  if (status.IsCorruption()) return {Errc::corrupt, text};
  if (status.IsNoSpace()) return {Errc::io, text + " (the disk is full)"};
  const bool locked = text.find("While lock file") != std::string::npos ||
                      text.find("lock hold by current process") != std::string::npos;
  return {locked ? Errc::in_use : Errc::io, text};
}

std::string_view view_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace anabranch::storage
