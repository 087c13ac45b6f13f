#include "tests/simulation/oracles.h"

#include "tests/simulation/violation.h"

#include <algorithm>
#include <map>
#include <string>

namespace anabranch::simulation {

namespace {

/// Pieces of one answer that the asker may have waiting: the credit it gives.
constexpr std::size_t max_pull_pieces = 8;

std::string list(const ReferenceState& state) {
  std::string text;
  for (const auto& [path, entry] : state.entries()) text += "\n    " + to_string(path, entry);
  return text.empty() ? "\n    nothing" : text;
}

bool hides_nothing(const ReferenceState& state, const crdt::Path& path,
                   const ReferenceState::Entry& tombstone) {
  ReferenceState with = state;
  with.merge(path, tombstone);
  return with.materialise() == state.materialise();
}

/// Equal vectors with nothing beyond them mean equal records, tombstones and dots included.
void check_agreement(const Node& one, const Node& other) {
  const DiskImage& its = one.disk_image();
  const DiskImage& others = other.disk_image();
  if (its.vector != others.vector || its.holds_beyond || others.holds_beyond) return;
  if (one.is_mixed() || other.is_mixed()) return;
  const std::string pair = one.name() + " and " + other.name();
  require(its.digest == others.digest,
          [&] { return pair + " have equal vectors and unequal digests"; });
  std::map<UserId, ReferenceState> all = its.users;
  all.insert(others.users.begin(), others.users.end());
  for (const auto& [user, unused] : all) {
    const ReferenceState& state = its.of(user);
    require(others.agrees(user, state, true), [&] {
      return pair + " have equal vectors and unequal records of " + user + list(state) + "\n  and" +
             list(others.of(user));
    });
  }
}

}  // namespace

const Oracles::Expected& Oracles::expected_of(const Node& node) {
  Expected& expected = expected_[&node];
  const crdt::VersionVector& vector = node.disk_vector();
  const bool is_void = expected.disk != node.disk() || expected.revisions != history_.revisions() ||
                       !vector.covers(expected.vector);
  if (is_void) expected = {node.disk(), history_.revisions(), {}, {}};
  history_.merge_between(expected.vector, vector, expected.states);
  expected.vector = vector;
  return expected;
}

void Oracles::check_covered(const Node& node) {
  if (node.is_mixed()) return;
  // It may still hold what was judged at the admission of another.
  if (!node.is_admitted() && history_.revisions() > 0) return;
  const DiskImage& disk = node.disk_image();
  const Expected& covered = expected_of(node);
  for (const auto& [user, state] : covered.states) {
    const ReferenceState& there = disk.of(user);
    if (!disk.holds_beyond) {
      require(disk.agrees(user, state, true), [&] {
        return node.name() + " holds of " + user + list(there) +
               "\n  but the writes that its vector covers give" + list(state);
      });
      continue;
    }
    ReferenceState expected = state;
    for (const auto& [path, entry] : there.entries()) expected.merge(path, entry);
    require(disk.agrees(user, expected, false), [&] {
      return node.name() + ", with records beyond its vector, holds of " + user + list(there) +
             "\n  but with the writes that its vector covers it is" + list(expected);
    });
  }
  for (const auto& [user, state] : disk.users) {
    require(disk.holds_beyond || covered.states.count(user) > 0, [&] {
      return node.name() + " holds records of " + user + ", of whom its vector covers nothing";
    });
  }
}

void Oracles::check_commit(const Node& node, const wire::StoreBatch& batch) {
  for (const wire::RecordChange& change : batch.records) {
    // What an admission takes away of a batch is known at its end.
    if (change.kind != wire::RecordChange::Kind::put || node.is_mixed()) continue;
    history_.check_whole(node.name(), change.record.dot, node.disk_image());
  }
  check_covered(node);
}

void Oracles::check_word(const Node& node) const {
  const DiskImage& disk = node.disk_image();
  const cluster::ReplicaStatus status = node.status();
  require(status.vector == disk.vector,
          [&] { return node.name() + "'s vector is not its disk's"; });
  require(status.totals == disk.totals,
          [&] { return node.name() + "'s totals are not what its disk holds"; });
  require(status.digest == disk.digest,
          [&] { return node.name() + "'s digest is not that of its disk"; });
  require(status.counters.divergences_found == 0,
          [&] { return node.name() + " finds fault with its records where no disk has erred"; });
  for (const cluster::PeerStatus& peer : status.peers) {
    require(peer.digest_equal.value_or(true), [&] {
      return node.name() + " takes " + peer.name + " for divergent where no disk has erred";
    });
  }
}

void Oracles::check_load(const Node& node) const {
  const cluster::ReplicaLoad load = node.status().load;
  require(load.stream_bytes <= node.replica_options().stream_bytes,
          [&] { return node.name() + " keeps more publications than it may"; });
  require(load.pull_pieces <= max_pull_pieces,
          [&] { return node.name() + " keeps more pieces than it asked for"; });
}

void Oracles::check_all(const Clients& clients) {
  for (const auto& node : nodes_) {
    history_.check_vector(node->name(), node->disk_vector());
    check_covered(*node);
    if (node->is_settled()) check_word(*node);
    if (node->is_up()) check_load(*node);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (std::size_t k = i + 1; k < nodes_.size(); ++k) check_agreement(*nodes_[i], *nodes_[k]);
  }
  for (const auto& client : clients) {
    if (!client->has_state() || !client->node()->is_settled()) continue;
    client->check_against(client->node()->disk_image());
  }
}

void Oracles::check_rest(std::size_t disks_lost, std::size_t copies) const {
  for (const auto& node : nodes_) {
    const cluster::ReplicaLoad load = node->status().load;
    require(load.held == 0 && load.pull_pieces == 0,
            [&] { return node->name() + " holds answers back at rest"; });
    require(load.stream_bytes == 0 || disks_lost > 0,
            [&] { return node->name() + " keeps publications at rest"; });
    require(load.acks_waiting == 0 || disks_lost > 0,
            [&] { return node->name() + " owes acks that every node has made good"; });
    // A tombstone may come of age at any time, and its user stays while that is written.
    require(load.document_bytes <= node->replica_options().document_cache_bytes ||
                node->is_committing(),
            [&] { return node->name() + " keeps more documents at rest than it may"; });
    check_all_acked(*node, disks_lost, copies);
  }
}

/// What it lost to may be collected.
bool Oracles::may_be_forgotten(const Node& node, const UserId& user, const crdt::Path& path,
                               const ReferenceState::Entry& entry) const {
  const DiskImage& disk = node.disk_image();
  return entry.stamp.version <= disk.horizon_of(user).floor &&
         (history_.is_superseded(user, path, entry) ||
          (entry.payload.kind == crdt::RecordKind::tombstone &&
           hides_nothing(disk.of(user), path, entry)));
}

/// A write is its origin's to hand on: that has it on disk, or has just lost it with its disk.
bool Oracles::is_its_origins(Dot dot, const Node& but, const Handover& handover) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    const auto& bereft = handover.bereft;
    const bool is_there = node->disk_vector().covers(dot) ||
                          std::find(bereft.begin(), bereft.end(), node.get()) != bereft.end();
    return node.get() != &but && node->has_been(dot.origin) && is_there;
  });
}

/// What members who are there write meanwhile is theirs to hand on, and what has come since the
/// node was safe to stop, theirs who sent it. What it goes on to forget, it forgets for itself; and
/// what it writes anew, for it is admitted only then, it held before under another dot.
bool Oracles::is_left_to_others(const Node& node, const Handover& handover,
                                const ReferenceState::Entry& entry) const {
  const Dot dot = *entry.dot;
  const bool is_news = !handover.vector.covers(dot);
  const bool is_own = node.has_been(dot.origin);
  if (is_news && (is_own || crdt::is_of_horizon(entry.payload.kind))) return true;
  const bool is_since = !node.drained_from().covers(dot) && node.disk_vector().covers(dot);
  return (is_since || handover.is_past) && is_its_origins(dot, node, handover);
}

void Oracles::check_drained(const Node& node, const Handover& handover) const {
  for (const Node* other : handover.holders) {
    for (const History::Acked& acked : history_.all_acked()) {
      if (acked.node == node.name() && acked.disk == node.disk()) check_acked(acked, node, *other);
    }
    for (const auto& [user, state] : node.disk_image().users) {
      for (const auto& [path, entry] : state.entries()) {
        if (is_left_to_others(node, handover, entry)) continue;
        check_handed_over(node, *other, user, path, entry);
      }
    }
  }
}

/// Digests do not tell of deletes: of one that is held beyond the vector, and hides nothing, the
/// others may not know.
void Oracles::check_handed_over(const Node& node, const Node& other, const UserId& user,
                                const crdt::Path& path, const ReferenceState::Entry& entry) const {
  const ReferenceState& there = other.disk_image().of(user);
  const bool is_untold = entry.payload.kind == crdt::RecordKind::tombstone &&
                         !node.disk_vector().covers(*entry.dot) &&
                         hides_nothing(there, path, entry);
  require(is_untold || there.judge(path, entry) != ReferenceState::Outcome::won ||
              may_be_forgotten(other, user, path, entry),
          [&] {
            return node.name() + " is drained, and " + other.name() + " lacks of " + user +
                   " what it holds: " + to_string(path, entry);
          });
}

void Oracles::check_all_acked(const Node& node, std::size_t disks_lost, std::size_t copies) const {
  for (const History::Acked& acked : history_.all_acked()) {
    const Node& origin = find(acked.node);
    const bool had_copies =
        (acked.replicated && disks_lost <= copies) || disks_lost - acked.losses < acked.holders;
    if (origin.disk() == acked.disk || had_copies) check_acked(acked, origin, node);
  }
}

void Oracles::check_acked(const History::Acked& acked, const Node& origin, const Node& node) const {
  const crdt::Change* lost = find_lost(acked, origin, node);
  require(!lost, [&] {
    const ReferenceState::Entry entry{acked.stamp, lost->payload, {}};
    return node.name() + " has lost a write acked by " + acked.node + ": " +
           to_string(lost->path, entry);
  });
}

/// What of the write neither stands on the node nor has lost to what stands there.
const crdt::Change* Oracles::find_lost(const History::Acked& acked, const Node& origin,
                                       const Node& node) const {
  const DiskImage& disk = node.disk_image();
  // One that was taken in at the admission of the node that had acked it stands under another
  // stamp, or not where something stood.
  const bool is_below = acked.stamp.version <= disk.horizon_of(acked.user).floor;
  const bool was_outside = !acked.admitted || origin.times_outside() > acked.times_outside;
  if (is_below && was_outside) return nullptr;
  for (const crdt::Change& change : acked.changes) {
    const ReferenceState::Entry entry{acked.stamp, change.payload, {}};
    if (disk.of(acked.user).judge(change.path, entry) == ReferenceState::Outcome::won &&
        !may_be_forgotten(node, acked.user, change.path, entry)) {
      return &change;
    }
  }
  return nullptr;
}

void Oracles::check_copies_without(const Node& node, std::size_t copies) const {
  for (const History::Acked& acked : history_.all_acked()) {
    if (!acked.replicated) continue;
    const Node& origin = find(acked.node);
    const auto left = std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& other) {
      return other.get() != &node && !find_lost(acked, origin, *other);
    });
    require(static_cast<std::size_t>(left) >= copies, [&] {
      return "without " + node.name() + " too few disks hold a write that " + acked.node +
             " acked as replicated: v" + std::to_string(acked.stamp.version) + " of " + acked.user;
    });
  }
}

const Node& Oracles::find(const std::string& name) const {
  return **std::find_if(nodes_.begin(), nodes_.end(),
                        [&](const auto& some) { return some->name() == name; });
}

}  // namespace anabranch::simulation
