#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>

// What RocksDB's write-ahead log proves of its own past.
//
// A crash may cut the last record of the log short. That record was never synced, so nobody was
// told that it is safe, and it is dropped. A damaged record with another one behind it is a
// different thing: the next commit begins only when the one before is synced, so the damaged
// record was acked, and so were those behind it. RocksDB's recovery modes cannot tell the two
// apart: one refuses some torn tails, the next drops all that follows the damage without a word.
// So the store lets RocksDB recover up to the damage, and compares how far it came with what the
// log's files hold.

namespace anabranch::storage {

/// The highest RocksDB sequence number that the log files in `database` prove to have been synced,
/// or hold in a whole record; 0 for none. Reads all of them (a bounded size); called only when
/// RocksDB finds damage.
Result<std::uint64_t> proven_sequence(const std::filesystem::path& database);

/// True when there is a log file. RocksDB always has one from the end of its first start on.
bool has_write_ahead_log(const std::filesystem::path& database);

}  // namespace anabranch::storage
