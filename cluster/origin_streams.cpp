#include "cluster/origin_streams.h"

#include "base/check.h"
#include "base/defects.h"

#include <algorithm>
#include <utility>

namespace anabranch::cluster {

std::size_t weight_of(const crdt::Write& write) {
  std::size_t bytes = write.user.size() + write.stamp.tab.size() + 64;
  for (const crdt::Change& change : write.changes) {
    bytes += change.path.key().size() + change.payload.value.text().size() + 32;
  }
  return bytes;
}

void OriginStreams::add(std::vector<crdt::Write> writes, const crdt::VersionVector& vector) {
  for (crdt::Write& write : writes) {
    const std::size_t weight = weight_of(write);
    if (vector.covers(write.dot) || bytes_ + weight > max_bytes_) continue;
    const std::uint64_t seq = write.dot.seq;
    const bool is_new = streams_[write.dot.origin].emplace(seq, std::move(write)).second;
    if (is_new) bytes_ += weight;
  }
}

const crdt::Write* OriginStreams::next(ReplicaId origin, const crdt::VersionVector& vector) {
  drop_covered(origin, vector);
  const auto stream = streams_.find(origin);
  if (stream == streams_.end()) return nullptr;
  const auto& [seq, write] = *stream->second.begin();
  const bool follows = seq == vector[origin] + 1 || planted(Defect::advance_past_gap);
  return follows ? &write : nullptr;
}

crdt::Write OriginStreams::take(ReplicaId origin) {
  const auto stream = streams_.find(origin);
  ANABRANCH_CHECK(stream != streams_.end());
  auto node = stream->second.extract(stream->second.begin());
  bytes_ -= weight_of(node.mapped());
  if (stream->second.empty()) streams_.erase(stream);
  return std::move(node.mapped());
}

bool OriginStreams::has_gap(ReplicaId origin, const crdt::VersionVector& vector) const {
  const auto stream = streams_.find(origin);
  if (stream == streams_.end()) return false;
  const auto first = stream->second.upper_bound(vector[origin]);
  return first != stream->second.end() && first->first > vector[origin] + 1;
}

bool OriginStreams::has_gap(const crdt::VersionVector& vector) const {
  const auto all = origins();
  return std::any_of(all.begin(), all.end(),
                     [&](ReplicaId origin) { return has_gap(origin, vector); });
}

crdt::VersionVector OriginStreams::reach(const crdt::VersionVector& vector) const {
  crdt::VersionVector reached = vector;
  for (const auto& [origin, stream] : streams_) {
    for (const auto& [seq, write] : stream) {
      if (seq > reached[origin] + 1) break;
      reached.raise(origin, seq);
    }
  }
  return reached;
}

std::vector<ReplicaId> OriginStreams::origins() const {
  std::vector<ReplicaId> origins;
  for (const auto& [origin, stream] : streams_) origins.push_back(origin);
  return origins;
}

void OriginStreams::forget(ReplicaId origin) {
  const auto stream = streams_.find(origin);
  if (stream == streams_.end()) return;
  for (const auto& [seq, write] : stream->second) bytes_ -= weight_of(write);
  streams_.erase(stream);
}

void OriginStreams::clear() {
  streams_.clear();
  bytes_ = 0;
}

void OriginStreams::drop_covered(ReplicaId origin, const crdt::VersionVector& vector) {
  const auto stream = streams_.find(origin);
  if (stream == streams_.end()) return;
  Stream& writes = stream->second;
  while (!writes.empty() && writes.begin()->first <= vector[origin]) {
    bytes_ -= weight_of(writes.begin()->second);
    writes.erase(writes.begin());
  }
  if (writes.empty()) streams_.erase(stream);
}

}  // namespace anabranch::cluster
