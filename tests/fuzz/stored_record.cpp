// What a data directory holds: records, entries of their log, and what the directory says of
// itself. The first byte says which; what has a key and a value has the key up to a newline.

#include "storage/key_layout.h"
#include "storage/meta_layout.h"
#include "tests/fuzz/require.h"

#include <string>
#include <utility>

namespace anabranch::fuzz {

namespace {

void check_record(std::string_view value) {
  const auto record = storage::decode_record(value);
  if (!record) return;
  FUZZ_REQUIRE(storage::encode_record(*record) == value);
}

void check_record_key(std::string_view key) {
  const auto decoded = storage::decode_record_key(key);
  if (!decoded) return;
  const auto& [user, path] = *decoded;
  FUZZ_REQUIRE(is_valid_user(user));
  FUZZ_REQUIRE(storage::record_key(user, path) == key);
  const auto [first, past] = storage::record_range(user);
  FUZZ_REQUIRE(first <= key && key < past);
}

void check_log_key(std::string_view key) {
  const auto entry = storage::decode_log_key(key);
  if (!entry) return;
  FUZZ_REQUIRE(storage::log_key(entry->dot, entry->record_key) == key);
  FUZZ_REQUIRE(storage::log_bound(entry->dot) <= key);
  const bool has_user = entry->record_key.front() != '\xff';
  FUZZ_REQUIRE(!has_user || key < storage::log_end(entry->dot.origin));
}

/// What was read of an entry, written again.
std::string written_again(const storage::Meta& meta, std::string_view key) {
  namespace names = storage::meta_key;
  if (key == names::format) return storage::encode_format(*meta.format);
  if (key == names::replica) return storage::encode_number(meta.notes.replica->value);
  if (key == names::node) return meta.notes.node_name;
  if (key == names::markers) return storage::encode_markers(meta.notes.markers);
  if (key == names::totals) return storage::encode_totals(meta.totals);
  for (const auto& [origin, seq] : meta.vector.entries()) {
    if (key == names::vector(origin)) return storage::encode_number(seq);
  }
  for (std::size_t bucket = 0; bucket < crdt::StateDigest::bucket_count; ++bucket) {
    if (key == names::digest(bucket)) return storage::encode_digest(meta.digest.bucket(bucket));
  }
  return {};
}

void check_meta(std::string_view key, std::string_view value) {
  namespace names = storage::meta_key;
  storage::Meta meta;
  if (!storage::take_meta_entry(meta, key, value)) return;
  const bool is_kept = key == names::format || key == names::replica || key == names::node ||
                       key == names::markers || key == names::totals ||
                       key.starts_with(names::vector_prefix) ||
                       key.starts_with(names::digest_prefix);
  // An entry of 0 in the vector is as none at all.
  const bool is_zero = key.starts_with(names::vector_prefix) && meta.vector.entries().empty();
  if (is_kept && !is_zero) FUZZ_REQUIRE(written_again(meta, key) == value);
}

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view kind = fuzz::take_bytes(rest, 1);
  if (kind == "r") fuzz::check_record(rest);
  if (kind == "k") fuzz::check_record_key(rest);
  if (kind == "l") fuzz::check_log_key(rest);
  if (kind == "m") {
    const std::string_view key = fuzz::take_until(rest, '\n');
    fuzz::check_meta(key, rest);
  }
  return 0;
}
