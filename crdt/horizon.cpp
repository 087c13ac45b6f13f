#include "crdt/horizon.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::crdt {

namespace {

constexpr std::string_view collected_prefix = "collected-";

Path path_of(RecordKind kind) {
  return Path::reserved(kind == RecordKind::floor ? "floor" : "generation");
}

/// The origin that a path of collected dots names.
std::optional<ReplicaId> collected_origin(const Path& path) {
  std::string_view part = path.key();
  part = part.substr(2, part.size() - 3);
  if (!part.starts_with(collected_prefix)) return {};
  return ReplicaId::parse(part.substr(collected_prefix.size()));
}

}  // namespace

Stamp horizon_stamp(std::uint64_t number) { return {number, 0, "-"}; }

Change floor_change() { return {path_of(RecordKind::floor), {RecordKind::floor, {}}}; }

Change generation_change() {
  return {path_of(RecordKind::generation), {RecordKind::generation, {}}};
}

Change collected_change(ReplicaId origin) {
  return {Path::reserved(std::string(collected_prefix) + origin.to_string()),
          {RecordKind::collected, {}}};
}

bool is_in_its_place(const Change& change) {
  const RecordKind kind = change.payload.kind;
  if (!is_of_horizon(kind)) return !change.path.is_reserved();
  if (!change.path.is_reserved() || !change.payload.value.text().empty()) return false;
  if (kind == RecordKind::collected) return collected_origin(change.path).has_value();
  return change.path == path_of(kind);
}

void add_to_horizon(Horizon& horizon, const Path& path, const Record& record) {
  const std::uint64_t number = record.stamp.version;
  switch (record.payload.kind) {
    case RecordKind::floor:
      horizon.floor = std::max(horizon.floor, number);
      break;
    case RecordKind::generation:
      horizon.generation = std::max(horizon.generation, number);
      break;
    case RecordKind::collected:
      if (const auto origin = collected_origin(path)) horizon.collected.raise(*origin, number);
      break;
    default:
      break;
  }
}

}  // namespace anabranch::crdt
