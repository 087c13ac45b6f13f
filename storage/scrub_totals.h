#pragma once

#include "crdt/document.h"
#include "wire/store_batch.h"

// The totals of a state, counted from its records.

namespace anabranch::storage {

/// Adds one record; users are the caller's to count. False for what is no part of the state.
inline bool count(wire::StateTotals& totals, const crdt::Path& path, const crdt::Record& record) {
  if (crdt::is_of_horizon(record.payload.kind)) return false;
  const bool is_value = record.payload.kind == crdt::RecordKind::value;
  ++(is_value ? totals.values : totals.tombstones);
  totals.bytes += crdt::Document::cost_of(path, record.payload);
  return true;
}

/// `found` less `kept`, modulo 2^64.
inline wire::StateTotals excess(const wire::StateTotals& found, const wire::StateTotals& kept) {
  return {found.users - kept.users, found.values - kept.values, found.tombstones - kept.tombstones,
          found.bytes - kept.bytes};
}

}  // namespace anabranch::storage
