#pragma once

#include "base/ids.h"

#include <cstdint>
#include <map>

namespace anabranch::crdt {

/// Origin → the seq up to which everything is known. Missing means 0; zero entries are not held,
/// so equality is equality of knowledge. (Parker et al., "Detection of mutual inconsistency in
/// distributed systems", 1983.)
class VersionVector {
 public:
  std::uint64_t operator[](ReplicaId origin) const {
    const auto found = entries_.find(origin);
    return found == entries_.end() ? 0 : found->second;
  }

  bool covers(Dot dot) const { return (*this)[dot.origin] >= dot.seq; }
  bool covers(const VersionVector& other) const;

  /// Raises `origin` to at least `seq`; true when that changed something.
  bool raise(ReplicaId origin, std::uint64_t seq);
  /// Knows nothing of the origin any more.
  void forget(ReplicaId origin) { entries_.erase(origin); }
  /// Raises every entry to at least `other`'s.
  void join(const VersionVector& other);

  const std::map<ReplicaId, std::uint64_t>& entries() const { return entries_; }
  bool operator==(const VersionVector&) const = default;

 private:
  std::map<ReplicaId, std::uint64_t> entries_;
};

/// The entries of `vector` that `by` does not cover.
VersionVector uncovered(const VersionVector& vector, const VersionVector& by);

}  // namespace anabranch::crdt
