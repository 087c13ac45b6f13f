#include "tests/cluster/harness/history.h"

#include "tests/cluster/harness/violation.h"

#include <algorithm>
#include <set>

namespace anabranch::simulation {

void History::committed(const std::string& node, const wire::StoreBatch& batch,
                        const std::vector<ReplicaId>& own) {
  for (const ReplicaId id : own) {
    const auto [at, is_new] = nodes_.try_emplace(id, node);
    require(at->second == node, "two nodes have the replica id " + id.to_string());
  }
  // The origin's own commit holds the whole write; what comes to others later is a part of it.
  std::set<Dot> fresh;
  for (const wire::RecordChange& change : batch.records) {
    if (change.kind != wire::RecordChange::Kind::put) continue;
    const Dot dot = change.record.dot;
    const std::string name = dot.to_string() + " at " + node;
    auto found = writes_.find(dot);
    if (found == writes_.end()) {
      require(std::count(own.begin(), own.end(), dot.origin) > 0,
              "its origin never committed the write " + name);
      found = writes_.emplace(dot, Written{change.user, change.record.stamp, {}}).first;
      fresh.insert(dot);
    }
    Written& written = found->second;
    require(written.user == change.user && written.stamp == change.record.stamp,
            "one dot names two writes: " + name);
    const auto [at, is_new] = written.changes.try_emplace(change.path, change.record.payload);
    require(!is_new || fresh.count(dot) > 0,
            "a write has grown a path: " + name + " " + change.path.text());
    require(at->second == change.record.payload,
            "one dot names two values: " + name + " " + change.path.text());
  }
}

void History::forget(const std::vector<ReplicaId>& origins, const crdt::VersionVector& disk,
                     const std::function<bool(Dot)>& is_known_elsewhere) {
  std::erase_if(writes_, [&](const auto& entry) {
    const Dot dot = entry.first;
    return std::count(origins.begin(), origins.end(), dot.origin) > 0 && !disk.covers(dot) &&
           !is_known_elsewhere(dot);
  });
}

void History::check_vector(const std::string& node, const crdt::VersionVector& vector) const {
  for (const auto& [origin, seq] : vector.entries()) {
    require(
        writes_.count({origin, seq}) > 0,
        node + " says that it knows " + Dot{origin, seq}.to_string() + ", which was never written");
  }
}

ReferenceState History::covered(const UserId& user, const crdt::VersionVector& vector) const {
  ReferenceState state;
  for (const auto& [dot, written] : writes_) {
    if (written.user != user || !vector.covers(dot)) continue;
    for (const auto& [path, payload] : written.changes) {
      state.merge(path, {written.stamp, payload, dot});
    }
  }
  return state;
}

void History::check_answer(const UserId& user, const wire::Delta& answer) const {
  ReferenceState told;
  ReferenceState expected = covered(user, answer.position.vector);
  for (const wire::SyncedRecord& record : answer.changes) {
    const ReferenceState::Entry entry{record.stamp, record.payload, record.dot};
    require(told.merge(record.path, entry) == ReferenceState::Outcome::won,
            "an answer holds a record that does not stand: " + to_string(record.path, entry));
    expected.merge(record.path, entry);
  }
  for (const auto& [path, entry] : expected.entries()) {
    require(told.holds(path, entry.stamp, entry.payload),
            "an answer lacks what its own vector covers: " + to_string(path, entry));
  }
}

std::size_t History::acked(Acked write) {
  acked_.push_back(std::move(write));
  return acked_.size() - 1;
}

}  // namespace anabranch::simulation
