#include "crdt/version_vector.h"

#include <algorithm>

namespace anabranch::crdt {

bool VersionVector::covers(const VersionVector& other) const {
  return std::all_of(other.entries_.begin(), other.entries_.end(),
                     [this](const auto& entry) { return (*this)[entry.first] >= entry.second; });
}

bool VersionVector::raise(ReplicaId origin, std::uint64_t seq) {
  if ((*this)[origin] >= seq) return false;
  entries_[origin] = seq;
  return true;
}

void VersionVector::join(const VersionVector& other) {
  for (const auto& [origin, seq] : other.entries_) raise(origin, seq);
}

VersionVector uncovered(const VersionVector& vector, const VersionVector& by) {
  VersionVector left;
  for (const auto& [origin, seq] : vector.entries()) {
    if (by[origin] < seq) left.raise(origin, seq);
  }
  return left;
}

}  // namespace anabranch::crdt
