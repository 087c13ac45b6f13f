#pragma once

#include "base/ids.h"
#include "crdt/horizon.h"
#include "crdt/version_vector.h"
#include "storage/memory_store.h"
#include "tests/simulation/reference_state.h"
#include "wire/store_batch.h"

#include <map>
#include <string>

namespace anabranch::simulation {

/// All records and the vector of a disk, as they are at one moment, with what follows from them
/// computed anew. Made from the log's side, as a pull reads a disk; throws a Violation where the
/// records' side differs, or a record that does not stand is kept.
struct DiskImage {
  std::map<UserId, ReferenceState> users;  ///< each record with its dot
  std::map<UserId, crdt::Horizon> horizons;
  crdt::VersionVector vector;
  bool holds_beyond = false;
  wire::StateTotals totals;
  std::string digest;

  /// The write is covered, or one of its records is held.
  bool knows(Dot dot) const;
  /// The user's records; an empty state where there are none.
  const ReferenceState& of(const UserId& user) const;
  const crdt::Horizon& horizon_of(const UserId& user) const;

  /// True for a tombstone that may have been there and be collected by now.
  bool may_have_collected(const UserId& user, const ReferenceState::Entry& entry) const;
  /// True where `expected` is the user's state, but for tombstones that one of the two may have
  /// collected.
  bool agrees(const UserId& user, const ReferenceState& expected, bool dots) const;
};

/// `node`: named in what is thrown.
DiskImage read_disk(const storage::MemoryStore::Disk& disk, const std::string& node);

}  // namespace anabranch::simulation
