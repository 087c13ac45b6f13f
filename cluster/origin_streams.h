#pragma once

#include "base/ids.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace anabranch::cluster {

/// What peers have published and this node has not applied yet: writes that wait for a document,
/// or for the writes before them, which a pull will bring. Bounded in bytes; what does not fit is
/// dropped, and a pull brings that too.
class OriginStreams {
 public:
  explicit OriginStreams(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Keeps those of `writes` (consecutive seqs of one origin) that `vector` does not cover.
  void add(std::vector<crdt::Write> writes, const crdt::VersionVector& vector);

  /// The origin's write right after `vector`'s entry, where it has come; null otherwise.
  const crdt::Write* next(ReplicaId origin, const crdt::VersionVector& vector);
  /// Takes that write out.
  crdt::Write take(ReplicaId origin);

  /// True when writes of the origin have come, but not the one after `vector`'s entry.
  bool has_gap(ReplicaId origin, const crdt::VersionVector& vector) const;
  bool has_gap(const crdt::VersionVector& vector) const;

  /// `vector` with what has come without a gap after it: what needs no pull.
  crdt::VersionVector reach(const crdt::VersionVector& vector) const;

  /// Drops what has come of the origin.
  void forget(ReplicaId origin);

  std::vector<ReplicaId> origins() const;
  std::size_t bytes() const { return bytes_; }
  void clear();

 private:
  using Stream = std::map<std::uint64_t, crdt::Write>;
  void drop_covered(ReplicaId origin, const crdt::VersionVector& vector);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::map<ReplicaId, Stream> streams_;
};

/// About how many bytes a write takes in memory or on the wire.
std::size_t weight_of(const crdt::Write& write);

}  // namespace anabranch::cluster
