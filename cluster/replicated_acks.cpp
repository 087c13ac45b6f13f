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

void ReplicatedAcks::wait_for(std::vector<Dot> dots, SessionId session, wire::Ack ack) {
  if (copies_ == 0) return;
  if (count_ >= max_waiting) {
    count_ -= by_dot_.begin()->second.size();
    by_dot_.erase(by_dot_.begin());
  }
  ack.durability = wire::Durability::replicated;
  const Dot dot = dots.back();
  dots.pop_back();
  by_dot_[dot].push_back({session, std::move(ack), std::move(dots)});
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
  for (Waiting& waiting : moved) {
    if (waiting.ack.dot == from) waiting.ack.dot = to;
  }
  std::vector<Waiting>& there = by_dot_[*to];
  std::move(moved.begin(), moved.end(), std::back_inserter(there));
}

void ReplicatedAcks::keep_covered(const crdt::VersionVector& vector) {
  for (auto at = by_dot_.begin(); at != by_dot_.end();) {
    const bool is_covered = vector.covers(at->first);
    count_ -= std::erase_if(at->second, [&](const Waiting& waiting) {
      return !is_covered || !std::all_of(waiting.further.begin(), waiting.further.end(),
                                         [&](Dot dot) { return vector.covers(dot); });
    });
    at = at->second.empty() ? by_dot_.erase(at) : std::next(at);
  }
}

std::vector<Notify> ReplicatedAcks::release(
    const std::vector<const crdt::VersionVector*>& durable) {
  std::vector<Notify> released;
  bool is_done = false;
  while (!std::exchange(is_done, true)) {
    for (Waiting& waiting : take_covered(durable)) {
      if (waiting.further.empty()) {
        released.push_back({waiting.session, std::move(waiting.ack)});
        --count_;
        continue;
      }
      const Dot next = waiting.further.back();
      waiting.further.pop_back();
      by_dot_[next].push_back(std::move(waiting));
      is_done = false;
    }
  }
  return released;
}

std::vector<ReplicatedAcks::Waiting> ReplicatedAcks::take_covered(
    const std::vector<const crdt::VersionVector*>& durable) {
  std::vector<Waiting> covered;
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
    std::move(at->second.begin(), at->second.end(), std::back_inserter(covered));
    at = by_dot_.erase(at);
  }
  return covered;
}

}  // namespace anabranch::cluster
