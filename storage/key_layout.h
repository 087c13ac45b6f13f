#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "crdt/path.h"
#include "crdt/record.h"
#include "crdt/record_view.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

// How records and their log lie on disk, byte by byte. Numbers are big-endian and of fixed width.
// meta_layout.h has the rest; its `format` guards all of it: a change of any layout raises it.
//
// Column family `records`, one entry for each standing record:
//
//     key    the user id's bytes, 0x00, the path's key (crdt/path.h)
//            A user id holds no NUL and a path key's byte order is path order, so that a user's
//            records are one range, in path order.
//     value   0  1  format of this value, 1
//             1  1  kind (crdt::RecordKind; an unknown one is kept as it is)
//             2  1  flags: bit 0 from_batch, the others 0
//             3  8  stamp: version
//            11  8  stamp: timestamp in ms, two's complement
//            19  8  dot: origin
//            27  8  dot: seq, from 1
//            35  2  length of the tab
//            37  …  stamp: tab
//             …  …  the payload's text, to the end
//
// Column family `log`, one entry for each standing record as well: which records a dot still has.
//
//     key     0  8  dot: origin
//             8  8  dot: seq
//            16  …  the record's key in `records`
//     value  empty
//
// A put of a record writes both entries; an erase removes both, by the dot that the record stood
// under. So the log never outgrows the state and no commit needs to read.

namespace anabranch::storage {

std::string record_key(std::string_view user, const crdt::Path& path);
void append_record_key(std::string& out, std::string_view user, const crdt::Path& path);
std::size_t record_key_size(std::string_view user, const crdt::Path& path);

/// The keys of all records of a user: first ≤ key < second.
std::pair<std::string, std::string> record_range(std::string_view user);

Result<std::pair<UserId, crdt::Path>> decode_record_key(std::string_view key);
/// What follows the user id and its NUL.
Result<crdt::Path> decode_record_path(std::string_view path_key);

std::string encode_record(const crdt::Record& record);
void append_record(std::string& out, const crdt::Record& record);
Result<crdt::Record> decode_record(std::string_view value);
/// The same without a copy; its key is left empty.
Result<crdt::RecordView> view_record(std::string_view value);

std::string log_key(Dot dot, std::string_view record_key);
void append_log_key(std::string& out, Dot dot, std::string_view record_key);

/// The least log key that a record under `dot`, or a later one, can have.
std::string log_bound(Dot dot);

/// Greater than every log key of `origin`, less than those of the next one: 0xff begins no user id.
std::string log_end(ReplicaId origin);

/// A log entry; `record_key` is a view into the key it was decoded from.
struct LogEntry {
  Dot dot;
  std::string_view record_key;
};
Result<LogEntry> decode_log_key(std::string_view key);

}  // namespace anabranch::storage
