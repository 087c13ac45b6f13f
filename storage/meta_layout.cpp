#include "storage/meta_layout.h"

#include "storage/big_endian.h"

namespace anabranch::storage {

namespace {

std::vector<Marker> read_markers(BytesReader& reader) {
  std::vector<Marker> markers;
  while (reader.ok() && !reader.done()) {
    Marker marker;
    marker.nonce = reader.number<std::uint64_t>();
    marker.device = reader.number<std::uint64_t>();
    marker.inode = reader.number<std::uint64_t>();
    marker.birth_s = static_cast<std::int64_t>(reader.number<std::uint64_t>());
    marker.birth_ns = reader.number<std::uint32_t>();
    markers.push_back(marker);
  }
  return markers;
}

wire::StateTotals read_totals(BytesReader& reader) {
  wire::StateTotals totals;
  totals.users = reader.number<std::uint64_t>();
  totals.values = reader.number<std::uint64_t>();
  totals.tombstones = reader.number<std::uint64_t>();
  totals.bytes = reader.number<std::uint64_t>();
  return totals;
}

bool take_vector_entry(Meta& meta, std::string_view key_rest, BytesReader& value) {
  BytesReader key(key_rest);
  const ReplicaId origin{key.number<std::uint64_t>()};
  meta.vector.raise(origin, value.number<std::uint64_t>());
  return key.done();
}

bool take_digest_entry(Meta& meta, std::string_view key_rest, BytesReader& value) {
  BytesReader key(key_rest);
  const std::size_t bucket = key.number<std::uint16_t>();
  if (!key.done() || bucket >= crdt::StateDigest::bucket_count) return false;
  meta.digest.set(bucket, value.number<Uint128>());
  return true;
}

}  // namespace

namespace meta_key {

std::string vector(ReplicaId origin) {
  std::string key(vector_prefix);
  append_big_endian(key, origin.value);
  return key;
}

std::string digest(std::size_t bucket) {
  std::string key(digest_prefix);
  append_big_endian(key, static_cast<std::uint16_t>(bucket));
  return key;
}

}  // namespace meta_key

Result<void> take_meta_entry(Meta& meta, std::string_view key, std::string_view value) {
  BytesReader reader(value);
  bool known = true;
  if (key == meta_key::format) {
    meta.format = reader.number<std::uint32_t>();
  } else if (key == meta_key::replica) {
    meta.notes.replica = ReplicaId{reader.number<std::uint64_t>()};
  } else if (key == meta_key::node) {
    meta.notes.node_name = reader.rest();
  } else if (key == meta_key::markers) {
    meta.notes.markers = read_markers(reader);
  } else if (key == meta_key::totals) {
    meta.totals = read_totals(reader);
  } else if (key == meta_key::damaged) {
    meta.damaged = reader.number<std::uint8_t>() != 0;
  } else if (key.starts_with(meta_key::vector_prefix)) {
    known = take_vector_entry(meta, key.substr(meta_key::vector_prefix.size()), reader);
  } else if (key.starts_with(meta_key::digest_prefix)) {
    known = take_digest_entry(meta, key.substr(meta_key::digest_prefix.size()), reader);
  } else {
    return {};
  }
  if (known && reader.done()) return {};
  const std::string name(key.substr(0, key.find('/')));
  return fail(Errc::corrupt, "the stored entry \"" + name + "\" is damaged");
}

std::string encode_number(std::uint64_t number) {
  std::string value;
  append_big_endian(value, number);
  return value;
}

std::string encode_format(std::uint32_t version) {
  std::string value;
  append_big_endian(value, version);
  return value;
}

std::string encode_digest(Uint128 sum) {
  std::string value;
  append_big_endian(value, sum);
  return value;
}

std::string encode_totals(const wire::StateTotals& totals) {
  std::string value;
  append_big_endian(value, totals.users);
  append_big_endian(value, totals.values);
  append_big_endian(value, totals.tombstones);
  append_big_endian(value, totals.bytes);
  return value;
}

std::string encode_markers(const std::vector<Marker>& markers) {
  std::string value;
  for (const Marker& marker : markers) {
    append_big_endian(value, marker.nonce);
    append_big_endian(value, marker.device);
    append_big_endian(value, marker.inode);
    append_big_endian(value, static_cast<std::uint64_t>(marker.birth_s));
    append_big_endian(value, marker.birth_ns);
  }
  return value;
}

}  // namespace anabranch::storage
