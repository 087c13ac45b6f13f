#include "crdt/digest.h"

#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <span>

namespace anabranch::crdt {

namespace {

/// Every machine hashes the same bytes.
std::uint64_t little_endian(std::uint64_t number) {
  return std::endian::native == std::endian::little ? number : __builtin_bswap64(number);
}

/// Writes one thing behind the other into memory that is large enough.
class BytesWriter {
 public:
  explicit BytesWriter(char* at) : at_(at) {}

  void number(std::uint64_t number) {
    const std::uint64_t bytes = little_endian(number);
    text({reinterpret_cast<const char*>(&bytes), sizeof bytes});
  }
  void sized_text(std::string_view text_of_any_size) {
    number(text_of_any_size.size());
    text(text_of_any_size);
  }
  void byte(char byte) { *at_++ = byte; }
  void text(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

 private:
  char* at_;
};

void append_hex(std::string& out, std::uint64_t number) { out += ReplicaId{number}.to_string(); }

}  // namespace

Uint128 digest_of(std::string_view user, const Path& path, const Record& record) {
  if (record.payload.kind == RecordKind::tombstone) return 0;
  constexpr std::size_t numbers = 5 * sizeof(std::uint64_t) + 1;
  const std::string_view value = record.payload.value.text();
  const std::size_t size =
      numbers + user.size() + path.key().size() + record.stamp.tab.size() + value.size();
  std::array<char, 2048> usual;
  const auto large = size > usual.size() ? std::make_unique<char[]>(size) : nullptr;
  char* const bytes = large ? large.get() : usual.data();
  BytesWriter writer(bytes);
  writer.sized_text(user);
  writer.sized_text(path.key());
  writer.number(record.stamp.version);
  writer.number(std::bit_cast<std::uint64_t>(record.stamp.timestamp_ms));
  writer.sized_text(record.stamp.tab);
  writer.byte(static_cast<char>(record.payload.kind));
  writer.text(value);
  return hash128({bytes, size});
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
