#include "crdt/digest.h"

#include <bit>

namespace anabranch::crdt {

namespace {

/// Fixed width, little-endian, so that every machine hashes the same bytes.
void append_number(std::string& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>((number >> shift) & 0xff);
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out += text;
}

void append_hex(std::string& out, std::uint64_t number) { out += ReplicaId{number}.to_string(); }

}  // namespace

Uint128 digest_of(std::string_view user, const Path& path, const Record& record) {
  if (record.payload.kind == RecordKind::tombstone) return 0;
  std::string bytes;
  const std::string_view value = record.payload.value.text();
  bytes.reserve(user.size() + path.key().size() + record.stamp.tab.size() + value.size() + 64);
  append_text(bytes, user);
  append_text(bytes, path.key());
  append_number(bytes, record.stamp.version);
  append_number(bytes, std::bit_cast<std::uint64_t>(record.stamp.timestamp_ms));
  append_text(bytes, record.stamp.tab);
  bytes += static_cast<char>(record.payload.kind);
  bytes += value;
  return hash128(bytes);
}

std::size_t StateDigest::bucket_of(std::string_view user) {
  return static_cast<std::size_t>(hash128(user) % bucket_count);
}

std::string StateDigest::to_string() const {
  std::string bytes;
  bytes.reserve(bucket_count * 16);
  for (const Uint128 sum : sums_) {
    append_number(bytes, static_cast<std::uint64_t>(sum));
    append_number(bytes, static_cast<std::uint64_t>(sum >> 64));
  }
  const Uint128 whole = hash128(bytes);
  std::string text;
  append_hex(text, static_cast<std::uint64_t>(whole >> 64));
  append_hex(text, static_cast<std::uint64_t>(whole));
  return text;
}

}  // namespace anabranch::crdt
