#pragma once

#include "crdt/path.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"

#include <cstdint>

namespace anabranch::crdt {

/// What one user's state has left behind and can no longer show by its records.
///
/// Each part is kept as a record of a kind and at a place of its own, with a dot like any other: it
/// travels with publications and pulls, and a version vector that covers its dot covers the part.
/// Its stamp's version is the part's number, so that the greatest wins, and equal ones that two
/// nodes wrote are one.
struct Horizon {
  /// A new write at or below this version can no longer be judged: a tombstone that would have won
  /// over it may have been collected. The user's version does not fall below it.
  std::uint64_t floor = 0;
  /// Per origin, the highest dot of a collected tombstone: who knows less may still show what it
  /// deleted.
  VersionVector collected;
  /// Per origin, how often it has changed the user's records without a newer stamp (by a repair, or
  /// when it was admitted): what was told before may be wrong.
  VersionVector generations;

  /// The repair generation: one number for all of `generations`, 0 where there are none. Another
  /// number means others, but not that they are newer.
  std::uint64_t generation() const;

  bool operator==(const Horizon&) const = default;
};

/// The stamp of a part whose number is `number` (1 … max_version).
Stamp horizon_stamp(std::uint64_t number);

Change floor_change();
Change generation_change(ReplicaId origin);
Change collected_change(ReplicaId origin);

/// True for a change that is a part of a horizon at its right place, and for one that is of the
/// state: what may be kept.
bool is_in_its_place(const Change& change);

/// Takes a part's record into account; nothing for records of the state.
void add_to_horizon(Horizon& horizon, const Path& path, const Record& record);

}  // namespace anabranch::crdt
