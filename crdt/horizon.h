#pragma once

#include "base/hash.h"
#include "crdt/version_vector.h"

#include <cstdint>
#include <string_view>

namespace anabranch::crdt {

/// What one user's state has left behind and can no longer show by its records. Kept on disk and
/// replicated beside them; each part only ever grows, so that nodes may tell it in any order.
struct Horizon {
  /// A new write at or below this version can no longer be judged: a tombstone that would have won
  /// over it may have been collected. The user's version does not fall below it.
  std::uint64_t floor = 0;
  /// Per origin, the highest dot of a collected tombstone: who knows less may still show what it
  /// deleted.
  VersionVector collected;
  /// How often a repair has changed the user's records: what was told before may be wrong.
  std::uint64_t generation = 0;

  bool empty() const { return *this == Horizon(); }
  /// True when each part of `other` is reached.
  bool covers(const Horizon& other) const;
  /// Takes the greater of each part; true when that changed something.
  bool join(const Horizon& other);
  bool operator==(const Horizon&) const = default;
};

/// The hash of a user's horizon, for sums as in crdt/digest.h; 0 for an empty one.
Uint128 digest_of(std::string_view user, const Horizon& horizon);

}  // namespace anabranch::crdt
