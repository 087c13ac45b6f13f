#include "cluster/retired_origins.h"

#include <utility>

namespace anabranch::cluster {

void RetiredOrigins::note_unnamed(crdt::VersionVector origins, crdt::VersionVector vector) {
  unnamed_ = {std::move(origins), std::move(vector)};
}

void RetiredOrigins::update(const std::optional<crdt::VersionVector>& cut,
                            const crdt::VersionVector& durable,
                            const std::set<ReplicaId>& running) {
  if (!unnamed_ || !cut || !cut->covers(unnamed_->vector)) return;
  retired_ = {};
  for (const auto& [origin, last] : unnamed_->origins.entries()) {
    const bool is_at_its_end = durable[origin] == last && (*cut)[origin] == last;
    if (is_at_its_end && !running.contains(origin)) retired_.raise(origin, last);
  }
  unnamed_.reset();
}

crdt::VersionVector RetiredOrigins::leave_out_of(const crdt::VersionVector& vector,
                                                 const crdt::VersionVector& collected) const {
  crdt::VersionVector left = vector;
  for (const auto& [origin, last] : retired_.entries()) {
    const bool is_needed = vector[origin] != last || collected[origin] > 0;
    if (!is_needed) left.forget(origin);
  }
  return left;
}

void RetiredOrigins::reset() {
  unnamed_.reset();
  retired_ = {};
}

}  // namespace anabranch::cluster
