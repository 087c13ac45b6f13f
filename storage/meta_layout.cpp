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

crdt::VersionVector read_dots(BytesReader& reader, std::size_t count) {
  crdt::VersionVector dots;
  while (count-- > 0 && reader.ok()) {
    const ReplicaId origin{reader.number<std::uint64_t>()};
    dots.raise(origin, reader.number<std::uint64_t>());
  }
  return dots;
}

void append_dots(std::string& value, const crdt::VersionVector& dots) {
  for (const auto& [origin, seq] : dots.entries()) {
    append_big_endian(value, origin.value);
    append_big_endian(value, seq);
  }
}

wire::Standing read_standing(BytesReader& reader) {
  wire::Standing standing;
  standing.admitted = reader.number<std::uint8_t>() != 0;
  while (reader.ok() && !reader.done()) standing.collected.join(read_dots(reader, 1));
  return standing;
}

std::vector<wire::AgeMark> read_ages(BytesReader& reader) {
  std::vector<wire::AgeMark> ages;
  while (reader.ok() && !reader.done()) {
    wire::AgeMark mark;
    mark.at_ms = static_cast<std::int64_t>(reader.number<std::uint64_t>());
    mark.vector = read_dots(reader, reader.number<std::uint32_t>());
    ages.push_back(std::move(mark));
  }
  return ages;
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
  } else if (key == meta_key::standing) {
    meta.standing = read_standing(reader);
  } else if (key == meta_key::ages) {
    meta.ages = read_ages(reader);
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

std::string encode_standing(const wire::Standing& standing) {
  std::string value;
  append_big_endian(value, static_cast<std::uint8_t>(standing.admitted ? 1 : 0));
  append_dots(value, standing.collected);
  return value;
}

std::string encode_ages(const std::vector<wire::AgeMark>& ages) {
  std::string value;
  for (const wire::AgeMark& mark : ages) {
    append_big_endian(value, static_cast<std::uint64_t>(mark.at_ms));
    append_big_endian(value, static_cast<std::uint32_t>(mark.vector.entries().size()));
    append_dots(value, mark.vector);
  }
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
