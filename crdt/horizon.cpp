#include "crdt/horizon.h"

#include "base/hash.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::crdt {

namespace {

constexpr std::string_view floor_name = "floor";
constexpr std::string_view collected_prefix = "collected-";
constexpr std::string_view generation_prefix = "generation-";

Path path_of(std::string_view prefix, ReplicaId origin) {
  return Path::reserved(std::string(prefix) + origin.to_string());
}

/// The origin that a reserved path with this prefix names.
std::optional<ReplicaId> origin_in(const Path& path, std::string_view prefix) {
  std::string_view part = path.key();
  part = part.substr(2, part.size() - 3);
  if (!part.starts_with(prefix)) return {};
  return ReplicaId::parse(part.substr(prefix.size()));
}

}  // namespace

Stamp horizon_stamp(std::uint64_t number) { return {number, 0, "-"}; }

std::uint64_t Horizon::generation() const {
  if (generations.entries().empty()) return 0;
  std::string text;
  for (const auto& [origin, count] : generations.entries()) {
    Dot{origin, count}.append_to(text);
    text += ' ';
  }
  return static_cast<std::uint64_t>(hash128(text));
}

Change floor_change() { return {Path::reserved(floor_name), {RecordKind::floor, {}}}; }

Change generation_change(ReplicaId origin) {
  return {path_of(generation_prefix, origin), {RecordKind::generation, {}}};
}

Change collected_change(ReplicaId origin) {
  return {path_of(collected_prefix, origin), {RecordKind::collected, {}}};
}

bool is_in_its_place(const Change& change) {
  const RecordKind kind = change.payload.kind;
  if (!is_of_horizon(kind)) return !change.path.is_reserved();
  if (!change.path.is_reserved() || !change.payload.value.text().empty()) return false;
  if (kind == RecordKind::floor) return change.path == floor_change().path;
  // Once written for all origins together: kept and passed on where there is one, of no account.
  if (kind == RecordKind::generation && change.path == Path::reserved("generation")) return true;
  const auto prefix = kind == RecordKind::collected ? collected_prefix : generation_prefix;
  return origin_in(change.path, prefix).has_value();
}

void add_to_horizon(Horizon& horizon, const Path& path, const Record& record) {
  const std::uint64_t number = record.stamp.version;
  switch (record.payload.kind) {
    case RecordKind::floor:
      horizon.floor = std::max(horizon.floor, number);
      break;
    case RecordKind::generation:
      if (const auto origin = origin_in(path, generation_prefix)) {
        horizon.generations.raise(*origin, number);
      }
      break;
    case RecordKind::collected:
      if (const auto origin = origin_in(path, collected_prefix)) {
        horizon.collected.raise(*origin, number);
      }
      break;
    default:
      break;
  }
}

}  // namespace anabranch::crdt
