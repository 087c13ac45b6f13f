#include "storage/key_layout.h"

#include "storage/big_endian.h"

#include <limits>

namespace anabranch::storage {

namespace {

constexpr std::uint8_t record_format = 1;
constexpr std::uint8_t flag_from_batch = 1;

}  // namespace

std::string record_key(std::string_view user, const crdt::Path& path) {
  std::string key;
  key.reserve(record_key_size(user, path));
  append_record_key(key, user, path);
  return key;
}

void append_record_key(std::string& out, std::string_view user, const crdt::Path& path) {
  out.append(user);
  out.push_back('\0');
  out.append(path.key());
}

std::size_t record_key_size(std::string_view user, const crdt::Path& path) {
  return user.size() + 1 + path.key().size();
}

std::pair<std::string, std::string> record_range(std::string_view user) {
  std::string first(user);
  std::string past(user);
  first.push_back('\0');
  past.push_back('\1');
  return {std::move(first), std::move(past)};
}

Result<std::pair<UserId, crdt::Path>> decode_record_key(std::string_view key) {
  const std::size_t end_of_user = key.find('\0');
  if (end_of_user == std::string_view::npos || !is_valid_user(key.substr(0, end_of_user))) {
    return fail(Errc::corrupt, "a stored record's key does not begin with a user id");
  }
  auto path = decode_record_path(key.substr(end_of_user + 1));
  if (!path) return tl::unexpected(std::move(path.error()));
  return std::pair(UserId(key.substr(0, end_of_user)), *std::move(path));
}

Result<crdt::Path> decode_record_path(std::string_view path_key) {
  auto path = crdt::Path::from_key(path_key);
  if (!path) return fail(Errc::corrupt, "a stored record's path is damaged");
  return path;
}

std::string encode_record(const crdt::Record& record) {
  std::string value;
  append_record(value, record);
  return value;
}

void append_record(std::string& value, const crdt::Record& record) {
  const std::string_view text = record.payload.value.text();
  value.reserve(value.size() + 37 + record.stamp.tab.size() + text.size());
  append_big_endian(value, record_format);
  append_big_endian(value, static_cast<std::uint8_t>(record.payload.kind));
  append_big_endian(value, record.from_batch ? flag_from_batch : std::uint8_t{0});
  append_big_endian(value, record.stamp.version);
  append_big_endian(value, static_cast<std::uint64_t>(record.stamp.timestamp_ms));
  append_big_endian(value, record.dot.origin.value);
  append_big_endian(value, record.dot.seq);
  append_big_endian(value, static_cast<std::uint16_t>(record.stamp.tab.size()));
  value.append(record.stamp.tab);
  value.append(text);
}

Result<crdt::RecordView> view_record(std::string_view value) {
  BytesReader reader(value);
  const auto format = reader.number<std::uint8_t>();
  const auto kind = reader.number<std::uint8_t>();
  const auto flags = reader.number<std::uint8_t>();
  crdt::RecordView record;
  record.version = reader.number<std::uint64_t>();
  record.timestamp_ms = static_cast<std::int64_t>(reader.number<std::uint64_t>());
  record.dot.origin.value = reader.number<std::uint64_t>();
  record.dot.seq = reader.number<std::uint64_t>();
  record.tab = reader.take(reader.number<std::uint16_t>());
  record.text = reader.rest();
  const bool in_range = format == record_format && flags <= flag_from_batch && record.dot.seq > 0;
  if (!reader.done() || !in_range) return fail(Errc::corrupt, "a stored record is damaged");
  record.from_batch = flags == flag_from_batch;
  record.kind = static_cast<crdt::RecordKind>(kind);
  return record;
}

Result<crdt::Record> decode_record(std::string_view value) {
  const auto record = view_record(value);
  if (!record) return tl::unexpected(record.error());
  return record->record();
}

std::string log_key(Dot dot, std::string_view record_key) {
  std::string key;
  append_log_key(key, dot, record_key);
  return key;
}

void append_log_key(std::string& out, Dot dot, std::string_view record_key) {
  append_big_endian(out, dot.origin.value);
  append_big_endian(out, dot.seq);
  out.append(record_key);
}

std::string log_bound(Dot dot) { return log_key(dot, {}); }

std::string log_end(ReplicaId origin) {
  return log_bound({origin, std::numeric_limits<std::uint64_t>::max()}) + '\xff';
}

Result<LogEntry> decode_log_key(std::string_view key) {
  BytesReader reader(key);
  LogEntry entry;
  entry.dot.origin.value = reader.number<std::uint64_t>();
  entry.dot.seq = reader.number<std::uint64_t>();
  entry.record_key = reader.rest();
  if (!reader.ok() || entry.dot.seq == 0 || entry.record_key.empty()) {
    return fail(Errc::corrupt, "a log entry is damaged");
  }
  return entry;
}

}  // namespace anabranch::storage
