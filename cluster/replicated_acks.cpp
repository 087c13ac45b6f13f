#include "cluster/replicated_acks.h"

#include "base/defects.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace anabranch::cluster {

void ReplicatedAcks::set_copies(std::size_t copies) {
  copies_ = copies;
  if (copies_ > 0) return;
  by_dot_.clear();
  count_ = 0;
}

void ReplicatedAcks::wait_for(Dot dot, SessionId session, wire::Ack ack) {
  if (copies_ == 0) return;
  if (count_ >= max_waiting) {
    count_ -= by_dot_.begin()->second.size();
    by_dot_.erase(by_dot_.begin());
  }
  ack.durability = wire::Durability::replicated;
  by_dot_[dot].push_back({session, std::move(ack)});
  ++count_;
}

void ReplicatedAcks::move(Dot from, std::optional<Dot> to) {
  const auto found = by_dot_.find(from);
  if (found == by_dot_.end()) return;
  std::vector<Waiting> moved = std::move(found->second);
  by_dot_.erase(found);
  if (!to) {
    count_ -= moved.size();
    return;
  }
  for (Waiting& waiting : moved) waiting.ack.dot = to;
  std::vector<Waiting>& there = by_dot_[*to];
  std::move(moved.begin(), moved.end(), std::back_inserter(there));
}

void ReplicatedAcks::keep_covered(const crdt::VersionVector& vector) {
  for (auto at = by_dot_.begin(); at != by_dot_.end();) {
    if (vector.covers(at->first)) {
      ++at;
      continue;
    }
    count_ -= at->second.size();
    at = by_dot_.erase(at);
  }
}

std::vector<Notify> ReplicatedAcks::release(
    const std::vector<const crdt::VersionVector*>& durable) {
  std::vector<Notify> released;
  auto at = by_dot_.begin();
  while (at != by_dot_.end()) {
    const Dot dot = at->first;
    const auto holders = std::count_if(durable.begin(), durable.end(),
                                       [&](const auto* vector) { return vector->covers(dot); });
    const std::size_t wanted = planted(Defect::replicated_ack_too_early) ? copies_ - 1 : copies_;
    if (static_cast<std::size_t>(holders) < wanted) {
      // Later writes of this origin are covered later still.
      at = by_dot_.upper_bound({dot.origin, std::numeric_limits<std::uint64_t>::max()});
      continue;
    }
    for (Waiting& waiting : at->second) {
      released.push_back({waiting.session, std::move(waiting.ack)});
    }
    count_ -= at->second.size();
    at = by_dot_.erase(at);
  }
  return released;
}

}  // namespace anabranch::cluster
