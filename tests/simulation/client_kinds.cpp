#include "tests/simulation/client.h"
#include "tests/simulation/violation.h"

#include <algorithm>
#include <utility>

// What the two kinds of clients do with what they hear.

namespace anabranch::simulation {

// ---- the client that keeps stamps

void FullClient::stamp(wire::WriteRequest& request) {
  const std::int64_t clock = 1'700'000'000'000 + world_.queue.now_ms() +
                             (world_.random.chance(3) ? world_.random.between(-60'000, 60'000) : 0);
  // A coarse clock, so that copied tabs come to make equal stamps.
  last_timestamp_ms_ = std::max(last_timestamp_ms_ + 1, clock - clock % 100);
  request.version = version_ + 1;
  request.timestamp_ms = last_timestamp_ms_;
  request.tab = tab();
}

void FullClient::request() {
  cluster::ClientRequest request;
  request.want = wire::StateRequest::Want::delta;
  request.cursor = cursor_;
  for (const auto& [origin, seq] : seen_.entries()) request.seen.push_back({origin, seq});
  send(std::move(request));
}

void FullClient::forget_cursor() {
  cursor_.reset();
  seen_ = {};
}

void FullClient::start_over() {
  disconnect();
  forget_cursor();
  known_ = {};
  shown_ = {};
}

void FullClient::see(const std::optional<Dot>& dot) {
  const bool may_note = answered_ || world_.client_defects.notes_dots_before_its_answer;
  if (may_note && dot) seen_.raise(dot->origin, dot->seq);
}

void FullClient::on_ack(const Pending& write, const wire::Ack& ack, const crdt::Stamp& stamp) {
  for (const crdt::Change& change : write.request.changes) {
    known_.merge(change.path, {stamp, change.payload, ack.dot});
  }
  for (const crdt::Change& change : write.request.changes) shown_.put(change.path, change.payload);
  see(ack.dot);
}

void FullClient::on_record(const wire::SyncedRecord& record) {
  known_.merge(record.path, {record.stamp, record.payload, record.dot});
  shown_.put(record.path, record.payload);
  see(record.dot);
  if (record.dot) just_told_.insert(*record.dot);
}

/// A write of which a part has been told with its dot has been told, or superseded, in all parts.
void FullClient::on_told() {
  for (const Dot dot : std::exchange(just_told_, {})) {
    const auto& changes = world_.history.changes_of(dot);
    if (!answered_ || changes.size() < 2) continue;
    const auto part = std::find_if(changes.begin(), changes.end(), [&](const auto& change) {
      const auto held = known_.entries().find(change.first);
      return held != known_.entries().end() && held->second.dot == dot;
    });
    if (part == changes.end()) continue;
    const crdt::Stamp stamp = known_.entries().at(part->first).stamp;
    for (const auto& [path, payload] : changes) {
      const bool is_below = stamp.version <= node()->disk_image().horizon_of(user()).floor;
      require(is_below || known_.judge(path, {stamp, payload, dot}) != ReferenceState::Outcome::won,
              [&] { return name() + " has been told a part of the batch " + dot.to_string(); });
    }
  }
}

void FullClient::on_delta(const wire::Delta& delta) {
  const ReferenceState former = known_;
  if (delta.complete) known_ = {};
  for (const wire::SyncedRecord& record : delta.changes) {
    known_.merge(record.path, {record.stamp, record.payload, record.dot});
  }
  // A node that does not know all that it was shown takes nothing away.
  const bool keeps = delta.complete && delta.position.behind &&
                     !world_.client_defects.drops_what_an_answer_does_not_cover;
  for (const auto& [path, entry] : former.entries()) {
    const bool is_newer = entry.dot && !delta.position.vector.covers(*entry.dot);
    if (keeps && is_newer) known_.merge(path, entry);
    require(!is_newer || !delta.position.behind ||
                known_.judge(path, entry) != ReferenceState::Outcome::won,
            [&] {
              return "an answer takes from " + name() +
                     " what its node does not know yet: " + to_string(path, entry);
            });
  }
  shown_ = {};
  for (const auto& [path, entry] : known_.entries()) shown_.put(path, entry.payload);
  cursor_ = wire::Cursor{delta.position.vector, delta.position.generation};
  is_node_behind_ = delta.position.behind || (is_node_behind_ && !delta.complete);
  seen_ = {};
}

void FullClient::check_against(const DiskImage& disk) const {
  const ReferenceState& there = disk.of(user());
  // It may know of deletes that others have collected and its node has not heard of.
  bool is_ahead = is_node_behind_;
  for (const auto& [path, entry] : there.entries()) {
    if (crdt::is_of_horizon(entry.payload.kind)) continue;
    // Where it was before, the tombstone may have been collected already.
    const bool is_forgotten = entry.payload.kind == crdt::RecordKind::tombstone &&
                              entry.stamp.version <= disk.horizon_of(user()).floor;
    if (is_forgotten || is_node_behind_) continue;
    require(known_.judge(path, entry) != ReferenceState::Outcome::won, [&] {
      return name() + " lacks what " + node()->name() + " has: " + to_string(path, entry);
    });
  }
  for (const auto& [path, entry] : known_.entries()) {
    const bool is_newer = !entry.dot || !disk.vector.covers(*entry.dot);
    is_ahead = is_ahead || is_newer;
    // Of equal deletes it may have been told another dot than the one that was collected.
    const bool is_forgotten = entry.payload.kind == crdt::RecordKind::tombstone &&
                              entry.stamp.version <= disk.horizon_of(user()).floor;
    const bool is_there = there.holds(path, entry.stamp, entry.payload) || is_forgotten;
    require(is_newer || is_there, [&] {
      return name() + " has what " + node()->name() + " has not: " + to_string(path, entry);
    });
  }
  // Laid out by path as it was told since its answer it is the same, unless it knows of more.
  require(is_ahead || shown_.state() == there.materialise(), [&] {
    return name() + " shows " + shown_.state() + " where " + node()->name() + " has " +
           there.materialise();
  });
}

// ---- the client that needs no stamps

void SimpleClient::request() {
  cluster::ClientRequest request;
  request.want = wire::StateRequest::Want::delta;
  send(std::move(request));
}

void SimpleClient::on_ack(const Pending& write, const wire::Ack& ack, const crdt::Stamp&) {
  require(ack.applied, [&] { return name() + " wrote on what its node knows, and lost to it"; });
  for (const crdt::Change& change : write.request.changes) shown_.put(change.path, change.payload);
}

void SimpleClient::on_record(const wire::SyncedRecord& record) {
  shown_.put(record.path, record.payload);
}

void SimpleClient::on_delta(const wire::Delta& delta) {
  require(delta.complete, [&] { return name() + " asked for a complete delta"; });
  shown_ = {};
  for (const wire::SyncedRecord& record : delta.changes) {
    shown_.put(record.path, record.payload);
  }
}

void SimpleClient::check_against(const DiskImage& disk) const {
  const std::string there = disk.of(user()).materialise();
  require(state() == there, [&] {
    return name() + " has " + state() + " where " + node()->name() + " has " + there;
  });
}

}  // namespace anabranch::simulation
