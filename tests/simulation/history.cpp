#include "tests/simulation/history.h"

#include "tests/simulation/violation.h"

#include <algorithm>
#include <set>
#include <utility>

namespace anabranch::simulation {

void History::committed(const std::string& node, const wire::StoreBatch& batch,
                        const std::vector<ReplicaId>& own) {
  for (const ReplicaId id : own) {
    const auto [at, is_new] = nodes_.try_emplace(id, node);
    require(at->second == node, [&] { return "two nodes have the replica id " + id.to_string(); });
  }
  std::set<Dot> fresh;
  for (const wire::RecordChange& change : batch.records) {
    if (change.kind != wire::RecordChange::Kind::put) continue;
    const bool is_own = std::count(own.begin(), own.end(), change.record.dot.origin) > 0;
    note_put(node, change, is_own, fresh);
  }
}

void History::note_put(const std::string& node, const wire::RecordChange& change, bool is_own,
                       std::set<Dot>& fresh) {
  const Dot dot = change.record.dot;
  const std::string name = dot.to_string() + " at " + node + " " + change.path.text();
  settle_doubt(change, is_own);
  const auto [at, is_new] = writes_.try_emplace(dot, Written{change.user, change.record.stamp, {}});
  Written& written = at->second;
  if (is_new) {
    require(is_own, [&] { return "its origin never committed the write " + name; });
    fresh.insert(dot);
  }
  require(written.user == change.user && written.stamp == change.record.stamp,
          [&] { return "one dot names two writes: " + name; });
  // The origin's own commit holds the whole write; what comes to others later is a part of it.
  const auto [path, is_new_path] = written.changes.try_emplace(change.path, change.record.payload);
  require(!is_new_path || fresh.count(dot) > 0,
          [&] { return "a write has grown a path: " + name; });
  require(path->second == change.record.payload,
          [&] { return "one dot names two values: " + name; });
}

void History::settle_doubt(const wire::RecordChange& change, bool is_own) {
  const auto found = writes_.find(change.record.dot);
  if (found == writes_.end() || !std::exchange(found->second.doubtful, false)) return;
  const Written& former = found->second;
  const auto value = former.changes.find(change.path);
  const bool is_same = former.user == change.user && former.stamp == change.record.stamp &&
                       value != former.changes.end() && value->second == change.record.payload;
  if (!is_own || is_same) return;
  writes_.erase(found);
  ++revisions_;
}

void History::admitted(const std::vector<ReplicaId>& own, const crdt::VersionVector& judged,
                       const DiskImage& disk) {
  for (auto& [dot, written] : writes_) {
    const bool is_own = std::count(own.begin(), own.end(), dot.origin) > 0;
    if (!is_own || judged.covers(dot) || !disk.vector.covers(dot)) continue;
    const ReferenceState& there = disk.of(written.user);
    for (const auto& [path, payload] : written.changes) {
      const ReferenceState::Entry entry{written.stamp, payload, dot};
      const auto outcome = there.judge(path, entry);
      const bool stands =
          outcome == ReferenceState::Outcome::same && there.entries().at(path).dot == dot;
      const bool is_void = !stands && outcome != ReferenceState::Outcome::lost;
      if (is_void && written.void_paths.insert(path).second) ++revisions_;
    }
  }
}

void History::doubt(const std::set<ReplicaId>& origins,
                    const std::function<bool(Dot)>& is_on_a_disk) {
  for (auto& [dot, written] : writes_) {
    if (origins.count(dot.origin) > 0 && !is_on_a_disk(dot)) written.doubtful = true;
  }
}

void History::check_published(const std::string& node, const crdt::Write& write) const {
  const auto found = writes_.find(write.dot);
  const std::string name = write.dot.to_string() + " by " + node;
  require(found != writes_.end(), [&] { return "published, never committed: " + name; });
  const Written& written = found->second;
  bool is_same = written.user == write.user && written.stamp == write.stamp &&
                 written.changes.size() == write.changes.size();
  for (const crdt::Change& change : write.changes) {
    const auto value = written.changes.find(change.path);
    is_same = is_same && value != written.changes.end() && value->second == change.payload;
  }
  require(is_same, [&] { return "not published as it was committed: " + name; });
}

void History::check_vector(const std::string& node, const crdt::VersionVector& vector) const {
  for (const auto& [origin, seq] : vector.entries()) {
    require(writes_.count({origin, seq}) > 0, [&] {
      return node + " says that it knows " + Dot{origin, seq}.to_string() +
             ", which was never written";
    });
  }
}

ReferenceState History::covered(const UserId& user, const crdt::VersionVector& vector) const {
  ReferenceState state;
  for (const auto& [dot, written] : writes_) {
    if (written.user != user || !vector.covers(dot)) continue;
    for (const auto& [path, payload] : written.changes) {
      if (written.void_paths.count(path) == 0) state.merge(path, {written.stamp, payload, dot});
    }
  }
  return state;
}

void History::merge_between(const crdt::VersionVector& from, const crdt::VersionVector& to,
                            std::map<UserId, ReferenceState>& states) const {
  for (const auto& [origin, last] : to.entries()) {
    const auto end = writes_.upper_bound({origin, last});
    for (auto at = writes_.upper_bound({origin, from[origin]}); at != end; ++at) {
      const auto& [dot, written] = *at;
      for (const auto& [path, payload] : written.changes) {
        if (written.void_paths.count(path) > 0) continue;
        states[written.user].merge(path, {written.stamp, payload, dot});
      }
    }
  }
}

const History::Changes& History::changes_of(Dot dot) const {
  static const Changes none;
  const auto found = writes_.find(dot);
  return found == writes_.end() ? none : found->second.changes;
}

void History::check_whole(const std::string& node, Dot dot, const DiskImage& disk) const {
  const Written& written = writes_.at(dot);
  if (written.changes.size() < 2) return;
  for (const auto& [path, payload] : written.changes) {
    if (written.void_paths.count(path) > 0) continue;  // its node's admission took it away
    const ReferenceState::Entry entry{written.stamp, payload, dot};
    require(disk.of(written.user).judge(path, entry) != ReferenceState::Outcome::won ||
                is_superseded(written.user, path, entry) ||
                disk.may_have_collected(written.user, entry),
            [&] { return node + " holds a part of the batch " + dot.to_string(); });
  }
}

bool History::is_superseded(const UserId& user, const crdt::Path& path,
                            const ReferenceState::Entry& entry) const {
  return std::any_of(writes_.begin(), writes_.end(), [&](const auto& write) {
    const Written& other = write.second;
    if (other.user != user) return false;
    return std::any_of(other.changes.begin(), other.changes.end(), [&](const auto& change) {
      ReferenceState state;
      state.merge(change.first, {other.stamp, change.second, write.first});
      return state.judge(path, entry) == ReferenceState::Outcome::lost;
    });
  });
}

void History::check_answer(const UserId& user, const wire::Delta& answer,
                           const DiskImage& disk) const {
  ReferenceState told;
  ReferenceState expected = covered(user, answer.position.vector);
  for (const wire::SyncedRecord& record : answer.changes) {
    const ReferenceState::Entry entry{record.stamp, record.payload, record.dot};
    require(told.merge(record.path, entry) == ReferenceState::Outcome::won, [&] {
      return "an answer holds a record that does not stand: " + to_string(record.path, entry);
    });
    expected.merge(record.path, entry);
  }
  for (const auto& [path, entry] : expected.entries()) {
    if (crdt::is_of_horizon(entry.payload.kind)) continue;
    require(
        told.holds(path, entry.stamp, entry.payload) || disk.may_have_collected(user, entry),
        [&] { return "an answer lacks what its own vector covers: " + to_string(path, entry); });
  }
}

void History::handed_over(const std::string& node, std::size_t disk, std::size_t holders,
                          std::size_t losses) {
  for (Acked& acked : acked_) {
    const std::size_t lost = losses - acked.losses;
    const std::size_t left = acked.holders - std::min(acked.holders, lost);
    const bool is_its = acked.node == node && acked.disk == disk;
    acked.holders = is_its ? holders : std::min(left, holders);
    acked.losses = losses;
  }
}

std::size_t History::acked(Acked write) {
  acked_.push_back(std::move(write));
  return acked_.size() - 1;
}

}  // namespace anabranch::simulation
