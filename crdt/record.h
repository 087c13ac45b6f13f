#pragma once

#include "base/ids.h"
#include "crdt/path.h"
#include "crdt/stamp.h"
#include "crdt/value.h"

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace anabranch::crdt {

/// What a record holds. The numbers are stored and sent. A kind that this version does not know
/// comes from a newer node: it is ordered, kept and passed on like any other, and not shown.
enum class RecordKind : std::uint8_t {
  value = 0,
  tombstone = 1,
  // Parts of the user's horizon (crdt/horizon.h), not of the state.
  floor = 2,
  collected = 3,
  generation = 4,
};

/// True for the kinds that make a user's horizon: nodes write them, no client sees them.
constexpr bool is_of_horizon(RecordKind kind) {
  return kind == RecordKind::floor || kind == RecordKind::collected ||
         kind == RecordKind::generation;
}

/// The content of a write at one path.
struct Payload {
  RecordKind kind = RecordKind::value;
  Value value;  ///< canonical JSON for `value`, empty for `tombstone`, opaque bytes otherwise

  bool operator==(const Payload&) const = default;
};

/// The last tie-break: a tombstone is lowest, then kind, then the canonical encoding bytewise.
std::strong_ordering compare(const Payload& left, const Payload& right);

/// One path's standing write.
struct Record {
  Stamp stamp;
  Dot dot;
  bool from_batch = false;  ///< part of a client's batch: delivered as one even if alone by now
  Payload payload;

  bool operator==(const Record&) const = default;
};

/// One path of a write.
struct Change {
  Path path;
  Payload payload;

  bool operator==(const Change&) const = default;
};

/// What one client wrote in one go: one or more distinct paths under one stamp and one dot.
/// Also what survives of it, when a node catches up. Changes are in path order.
struct Write {
  UserId user;
  Stamp stamp;
  Dot dot;
  bool is_batch = false;
  std::vector<Change> changes;

  bool operator==(const Write&) const = default;
};

}  // namespace anabranch::crdt
