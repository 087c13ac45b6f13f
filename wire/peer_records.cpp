#include "wire/peer_records.h"

#include "base/ids.h"
#include "crdt/horizon.h"
#include "wire/canonical_json.h"
#include "wire/limits.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anabranch::wire {

namespace {

/// A Path's key is at most two bytes a segment longer than its text.
constexpr std::size_t max_key_bytes = crdt::max_path_bytes + 2 * crdt::max_path_segments;

void pack_change(MsgpackWriter& out, const crdt::Change& change) {
  out.array(3);
  out.bytes(change.path.key());
  out.uint(static_cast<std::uint64_t>(change.payload.kind));
  out.bytes(change.payload.value.text());
}

crdt::Payload unpack_payload(MsgpackReader& in, CanonicalCheck& canonical) {
  const auto kind = static_cast<crdt::RecordKind>(in.uint("kind", 0, UINT8_MAX));
  const std::string_view content = in.bytes("content", max_peer_message_bytes);
  if (!in.ok()) return {};
  if (kind == crdt::RecordKind::value) {
    if (canonical.passes(content)) return {kind, crdt::Value(content)};
    in.fail("content must be canonical JSON");
    return {};
  }
  if (kind == crdt::RecordKind::tombstone || crdt::is_of_horizon(kind)) {
    if (!content.empty()) in.fail("content of such a kind must be empty");
    return {kind, {}};
  }
  if (content.size() > max_opaque_bytes) in.fail("content is too large");
  return {kind, crdt::Value(content)};
}

std::optional<crdt::Change> unpack_change(MsgpackReader& in, CanonicalCheck& canonical) {
  in.begin_array("change");
  auto path = crdt::Path::from_key(in.bytes("path", max_key_bytes));
  if (!path) in.fail(std::move(path.error().message));
  crdt::Payload payload = unpack_payload(in, canonical);
  in.end_array();
  if (!in.ok()) return {};
  crdt::Change change{*std::move(path), std::move(payload)};
  if (crdt::is_in_its_place(change)) return change;
  in.fail("a record of its kind cannot be at its path");
  return {};
}

std::vector<crdt::Change> unpack_changes(MsgpackReader& in, CanonicalCheck& canonical) {
  std::vector<crdt::Change> changes;
  const std::size_t count = in.begin_array("changes");
  if (count == 0) in.fail("changes must not be empty");
  while (changes.size() < count) {
    auto change = unpack_change(in, canonical);
    if (!change) break;
    if (!changes.empty() && changes.back().path >= change->path) {
      in.fail("changes must be in path order, each path once");
      break;
    }
    changes.push_back(*std::move(change));
  }
  in.end_array();
  return changes;
}

void pack_write(MsgpackWriter& out, const crdt::Write& write) {
  out.array(8);
  out.text(write.user);
  out.uint(write.stamp.version);
  out.integer(write.stamp.timestamp_ms);
  out.text(write.stamp.tab);
  out.uint(write.dot.origin.value);
  out.uint(write.dot.seq);
  out.boolean(write.is_batch);
  out.array(write.changes.size());
  for (const crdt::Change& change : write.changes) pack_change(out, change);
}

UserId unpack_user(MsgpackReader& in) {
  UserId user(in.text("user", 1, max_name_bytes));
  if (in.ok() && !is_valid_user(user)) in.fail("user must hold no control characters");
  return user;
}

crdt::Write unpack_write(MsgpackReader& in, CanonicalCheck& canonical) {
  crdt::Write write;
  in.begin_array("write");
  write.user = unpack_user(in);
  write.stamp.version = in.uint("version", 1, crdt::max_version);
  write.stamp.timestamp_ms = unpack_time(in, "timestamp");
  write.stamp.tab = in.text("tab", 1, max_tab_bytes);
  write.dot.origin.value = in.uint("origin");
  write.dot.seq = in.uint("seq", 1, UINT64_MAX);
  write.is_batch = in.boolean("is_batch");
  write.changes = unpack_changes(in, canonical);
  in.end_array();
  return write;
}

}  // namespace

void pack_vector(MsgpackWriter& out, const crdt::VersionVector& vector) {
  out.array(2 * vector.entries().size());
  for (const auto& [origin, seq] : vector.entries()) {
    out.uint(origin.value);
    out.uint(seq);
  }
}

crdt::VersionVector unpack_vector(MsgpackReader& in) {
  crdt::VersionVector vector;
  const std::size_t elements = in.begin_array("vector");
  if (elements % 2 != 0 || elements / 2 > max_origins) in.fail("vector is of a wrong size");
  std::optional<ReplicaId> last;
  for (std::size_t i = 0; i < elements / 2 && in.ok(); ++i) {
    const ReplicaId origin{in.uint("origin")};
    if (last && origin <= *last) in.fail("vector must name origins once, in rising order");
    vector.raise(origin, in.uint("seq", 1, UINT64_MAX));
    last = origin;
  }
  in.end_array();
  return vector;
}

void pack_writes(MsgpackWriter& out, const std::vector<crdt::Write>& writes) {
  out.array(writes.size());
  for (const crdt::Write& write : writes) pack_write(out, write);
}

std::vector<crdt::Write> unpack_writes(MsgpackReader& in) {
  std::vector<crdt::Write> writes;
  CanonicalCheck canonical;
  const std::size_t count = in.begin_array("writes");
  while (in.ok() && writes.size() < count) writes.push_back(unpack_write(in, canonical));
  in.end_array();
  return writes;
}

void pack_digest(MsgpackWriter& out, const crdt::StateDigest& digest) {
  std::string bytes;
  bytes.reserve(crdt::StateDigest::bucket_count * sizeof(Uint128));
  for (std::size_t bucket = 0; bucket < crdt::StateDigest::bucket_count; ++bucket) {
    const Uint128 sum = digest.bucket(bucket);
    for (int shift = 120; shift >= 0; shift -= 8) bytes += static_cast<char>(sum >> shift & 255);
  }
  out.bytes(bytes);
}

crdt::StateDigest unpack_digest(MsgpackReader& in) {
  constexpr std::size_t size = crdt::StateDigest::bucket_count * sizeof(Uint128);
  const std::string_view bytes = in.bytes("digest", size);
  crdt::StateDigest digest;
  if (in.ok() && bytes.size() != size) in.fail("digest is of a wrong size");
  if (!in.ok()) return digest;
  for (std::size_t bucket = 0; bucket < crdt::StateDigest::bucket_count; ++bucket) {
    Uint128 sum = 0;
    for (const char byte : bytes.substr(bucket * sizeof sum, sizeof sum)) {
      sum = sum << 8 | static_cast<unsigned char>(byte);
    }
    digest.set(bucket, sum);
  }
  return digest;
}

void pack_standing(MsgpackWriter& out, const Standing& standing) {
  out.array(2);
  out.boolean(standing.admitted);
  pack_vector(out, standing.collected);
}

Standing unpack_standing(MsgpackReader& in) {
  Standing standing;
  in.begin_array("standing");
  standing.admitted = in.boolean("admitted");
  standing.collected = unpack_vector(in);
  in.end_array();
  return standing;
}

std::int64_t unpack_time(MsgpackReader& in, const char* what) {
  return in.integer(what, -max_time_ms, max_time_ms);
}

}  // namespace anabranch::wire
