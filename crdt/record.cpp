#include "crdt/record.h"

#include "crdt/record_view.h"

#include <string>

namespace anabranch::crdt {

namespace {

/// Where a kind stands among others of the same stamp: tombstones lowest.
int rank(RecordKind kind) { return kind == RecordKind::tombstone ? -1 : static_cast<int>(kind); }

}  // namespace

std::strong_ordering compare(const Payload& left, const Payload& right) {
  if (auto order = rank(left.kind) <=> rank(right.kind); order != 0) return order;
  return left.value.text() <=> right.value.text();
}

Record RecordView::record() const {
  return {{version, timestamp_ms, tab}, dot, from_batch, {kind, Value(text)}};
}

RecordView view_of(const Path& path, const Record& record) {
  return {path.key(),       record.payload.kind, record.stamp.version, record.stamp.timestamp_ms,
          record.stamp.tab, record.dot,          record.from_batch,    record.payload.value.text()};
}

}  // namespace anabranch::crdt
