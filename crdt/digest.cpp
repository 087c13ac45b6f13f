#include "crdt/digest.h"

#include <array>
#include <bit>
#include <span>

namespace anabranch::crdt {

namespace {

/// Every machine hashes the same bytes.
std::uint64_t little_endian(std::uint64_t number) {
  return std::endian::native == std::endian::little ? number : __builtin_bswap64(number);
}

void append_number(std::string& out, std::uint64_t number) {
  const std::uint64_t bytes = little_endian(number);
  out.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
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

std::vector<std::size_t> StateDigest::differing(const StateDigest& other) const {
  std::vector<std::size_t> buckets;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    if (sums_[bucket] != other.sums_[bucket]) buckets.push_back(bucket);
  }
  return buckets;
}

std::map<std::size_t, Uint128> StateDigest::differences_from(const StateDigest& other) const {
  std::map<std::size_t, Uint128> differences;
  for (const std::size_t bucket : differing(other)) {
    differences[bucket] = sums_[bucket] - other.sums_[bucket];
  }
  return differences;
}

std::string StateDigest::to_string() const {
  std::array<std::uint64_t, 2 * bucket_count> words;
  auto* word = words.data();
  for (const Uint128 sum : sums_) {
    *word++ = little_endian(static_cast<std::uint64_t>(sum));
    *word++ = little_endian(static_cast<std::uint64_t>(sum >> 64));
  }
  const auto bytes = std::as_bytes(std::span(words));
  const Uint128 whole = hash128({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  std::string text;
  append_hex(text, static_cast<std::uint64_t>(whole >> 64));
  append_hex(text, static_cast<std::uint64_t>(whole));
  return text;
}

}  // namespace anabranch::crdt
