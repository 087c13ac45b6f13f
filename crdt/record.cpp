#include "crdt/record.h"

namespace anabranch::crdt {

namespace {

/// Where a kind stands among others of the same stamp: tombstones lowest.
int rank(RecordKind kind) { return kind == RecordKind::tombstone ? -1 : static_cast<int>(kind); }

}  // namespace

std::strong_ordering compare(const Payload& left, const Payload& right) {
  if (auto order = rank(left.kind) <=> rank(right.kind); order != 0) return order;
  return left.value.text() <=> right.value.text();
}

}  // namespace anabranch::crdt
