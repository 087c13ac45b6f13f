#pragma once

#include "base/result.h"
#include "crdt/version_vector.h"
#include "storage/meta_layout.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class Env;
class Logger;
class Slice;
class Snapshot;
class Status;
}  // namespace rocksdb

namespace anabranch::storage {

enum class LogSeverity { info, warning, error };

/// Takes what the store and RocksDB have to say. Called from any thread.
using LogSink = std::function<void(LogSeverity, std::string_view)>;

/// What every opening of one database has in common.
struct DatabaseSettings {
  std::filesystem::path directory;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::Logger> logger;
  LogSink log;
  std::shared_ptr<rocksdb::Env> env;  ///< measures for SyncTime
};

/// `env` (null: the system's) outlives all that is opened with what is returned.
DatabaseSettings make_settings(std::filesystem::path directory, std::size_t cache_bytes,
                               LogSink log, rocksdb::Env* env);

/// An open RocksDB database in our layout, closed with the object. Safe from several threads, as
/// RocksDB is.
class Database {
 public:
  enum class Column { meta, records, log };

  /// How the write-ahead log ends. `torn`: its last record was never synced and will be dropped.
  enum class LogTail { whole, torn };

  /// What a look at a database found, without a change to any of its files.
  struct Inspection {
    Meta meta;
    LogTail tail = LogTail::whole;
  };

  /// Makes an empty database of our format in a directory that holds none.
  static Result<void> create(const DatabaseSettings& settings);

  /// Proves that `open` will find everything that was acked, or says why not: Errc::unsupported
  /// for a newer format, Errc::corrupt for damage, Errc::invalid_config for a stranger's database.
  static Result<Inspection> inspect(const DatabaseSettings& settings);

  /// Opens what has just been inspected.
  static Result<std::shared_ptr<Database>> open(const DatabaseSettings& settings, LogTail tail);
  static Result<std::shared_ptr<Database>> open_read_only(const DatabaseSettings& settings,
                                                          LogTail tail);

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& rocks() const { return *rocks_; }
  rocksdb::ColumnFamilyHandle* column(Column column) const {
    return columns_[static_cast<std::size_t>(column)];
  }

  /// Everything in meta, as of `snapshot` (null: now).
  Result<Meta> read_meta(const rocksdb::Snapshot* snapshot = nullptr) const;

  /// The origins that the log knows, each with the seq of its last entry, as of `snapshot` (null:
  /// now). A few seeks for each origin, however long the log is.
  Result<crdt::VersionVector> read_log_ends(const rocksdb::Snapshot* snapshot = nullptr) const;

 private:
  Database(rocksdb::DB* rocks, std::vector<rocksdb::ColumnFamilyHandle*> columns,
           std::shared_ptr<rocksdb::Env> env);

  std::shared_ptr<rocksdb::Env> env_;  // outlives the next
  std::unique_ptr<rocksdb::DB> rocks_;
  std::vector<rocksdb::ColumnFamilyHandle*> columns_;
};

/// The one translation of RocksDB's errors. `doing` begins the sentence: "cannot write".
Error storage_error(std::string_view doing, const rocksdb::Status& status);

std::string_view view_of(const rocksdb::Slice& slice);

}  // namespace anabranch::storage
