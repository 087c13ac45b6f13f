#include "tests/simulation/client.h"

#include "tests/cluster/support.h"
#include "tests/simulation/violation.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace anabranch::simulation {

Client::Client(std::string tab, UserId user, Surroundings& world)
    : world_(world), tab_(std::move(tab)), user_(std::move(user)) {}

// ---- the connection

bool Client::open_session(Node& node, std::int64_t latency_ms) {
  disconnect();
  if (!node.takes_clients()) return false;
  node_ = &node;
  session_ = {++world_.last_session};
  latency_ms_ = latency_ms;
  world_.log(name() + " connects to " + node.name());
  node.open(session_, user_, this);
  return true;
}

void Client::return_to(Node& node) {
  if (open_session(node, 0)) request();
}

void Client::connect(Node& node) {
  if (!open_session(node, world_.random.between(0, 20))) return;
  // Some ask first and some write first; what waits is sent again under the same stamps.
  const bool asks_first = world_.random.chance(70);
  if (asks_first) request();
  retry();
  if (!asks_first) request();
}

void Client::disconnect() {
  if (!node_) return;
  node_->close(session_);
  lost();
}

void Client::lost() {
  world_.log(name() + " is cut off");
  node_ = nullptr;
  answered_ = false;
  frames_.clear();
  acked_.clear();
  for (Pending& write : pending_) write.under_way = false;
  on_disconnected();
}

void Client::sent_away() {
  lost();
  world_.queue.after(world_.random.between(0, 1000), [this] {
    Node* other = node_ ? nullptr : world_.any_ready_node();
    if (other) connect(*other);
  });
}

void Client::retry() {
  if (!node_) return;
  for (Pending& write : pending_) {
    if (!write.under_way) send(write);
  }
}

void Client::probe() {
  cluster::ClientRequest request;
  request.want = wire::StateRequest::Want::full;
  send(std::move(request));
}

void Client::write(std::vector<crdt::Change> changes, bool is_batch) {
  Pending write;
  write.id = ++last_id_;
  write.request.id = wire::RequestId{std::to_string(write.id)};
  write.request.changes = std::move(changes);
  write.request.is_batch = is_batch;
  stamp(write.request);
  pending_.push_back(std::move(write));
  if (node_) send(pending_.back());
}

void Client::send(Pending& write) {
  write.under_way = true;
  frames_.push_back(write.id);
  world_.queue.after(latency_ms_, [node = node_, session = session_, request = write.request] {
    node->frame(session, request);
  });
}

void Client::send(cluster::ClientRequest request) {
  if (!node_) return;
  frames_.push_back(0);
  world_.queue.after(latency_ms_, [node = node_, session = session_, request = std::move(request)] {
    node->frame(session, request);
  });
}

// ---- what it hears

void Client::answer(const std::vector<wire::ClientEvent>& events) {
  require(!frames_.empty(), [&] { return name() + " gets an answer to nothing"; });
  const std::uint64_t frame = frames_.front();
  frames_.pop_front();
  require(!events.empty(), [&] { return name() + " gets an empty answer"; });
  const wire::ClientEvent& first = events.front();
  const wire::RequestId id{std::to_string(frame)};
  if (const auto* ack = std::get_if<wire::Ack>(&first)) {
    require(frame != 0 && ack->id == id, [&] { return name() + " gets an ack out of turn"; });
  } else if (const auto* error = std::get_if<wire::ErrorEvent>(&first)) {
    require(frame == 0 ? !error->id : error->id == id,
            [&] { return name() + " gets an error out of turn"; });
  } else {
    require(frame == 0, [&] { return name() + " gets a state instead of an ack"; });
  }
  tell(events);
}

void Client::tell(const std::vector<wire::ClientEvent>& events) {
  for (const wire::ClientEvent& event : events) {
    if (world_.is_talkative) world_.log(name() + " hears " + cluster::describe(event));
    hear(event);
    on_told();
  }
}

void Client::hear(const wire::ClientEvent& event) {
  if (const auto* ack = std::get_if<wire::Ack>(&event)) {
    hear(*ack);
  } else if (const auto* error = std::get_if<wire::ErrorEvent>(&event)) {
    hear(*error);
  } else if (const auto* full = std::get_if<wire::Full>(&event)) {
    hear(*full);
  } else if (const auto* sync = std::get_if<wire::Sync>(&event)) {
    note_version(sync->record.stamp.version);
    on_record(sync->record);
  } else if (const auto* batch = std::get_if<wire::BatchSync>(&event)) {
    note_version(batch->stamp.version);
    for (const crdt::Change& change : batch->changes) {
      on_record({change.path, batch->stamp, change.payload, batch->dot});
    }
  } else if (const auto* delta = std::get_if<wire::Delta>(&event)) {
    note_version(delta->position.version);
    const bool is_changing = node_->is_mixed() || node_->was_admitted_lately();
    if (delta->complete && !is_changing) {
      world_.history.check_answer(user_, *delta, node_->disk_image());
    }
    on_delta(*delta);
    answered_ = true;
  } else {
    throw Violation(name() + " gets an event that it did not ask for");
  }
}

void Client::hear(const wire::Ack& ack) {
  if (ack.durability == wire::Durability::replicated) {
    const auto found = acked_.find(ack.id.json);
    require(found != acked_.end(), [&] { return name() + " gets a second ack without the first"; });
    world_.history.replicated(found->second);
    acked_.erase(found);
    return;
  }
  const auto found = find(ack.id);
  require(found != pending_.end(), [&] { return name() + " gets an ack twice"; });
  const Pending write = std::move(*found);
  pending_.erase(found);
  const std::string tab = write.request.tab.value_or("session-" + std::to_string(session_.value));
  const crdt::Stamp stamp{ack.version, ack.timestamp_ms, tab};
  for (const crdt::Change& change : write.request.changes) {
    const ReferenceState::Entry entry{stamp, change.payload, {}};
    const DiskImage& disk = node_->disk_image();
    const bool is_below = stamp.version <= disk.horizon_of(user_).floor;
    // A delete may have been collected together with its answer.
    const bool is_changing = node_->is_mixed() || node_->was_admitted_lately();
    const bool may_be_gone =
        is_changing || !ack.applied || change.payload.kind == crdt::RecordKind::tombstone;
    require((is_below && may_be_gone) ||
                disk.of(user_).judge(change.path, entry) != ReferenceState::Outcome::won,
            [&] {
              return name() + " gets an ack of what is not on " + node_->name() +
                     "'s disk: " + to_string(change.path, entry);
            });
  }
  acked_[ack.id.json] =
      world_.history.acked({user_, stamp, write.request.changes, node_->name(), node_->disk(),
                            node_->is_admitted(), node_->times_outside()});
  note_version(ack.version);
  on_ack(write, ack, stamp);
}

/// The state as JSON is that of the vector it comes with.
void Client::hear(const wire::Full& full) {
  const DiskImage& disk = node_->disk_image();
  if (disk.holds_beyond || disk.vector != full.position.vector || node_->is_mixed()) return;
  const std::string there = world_.history.covered(user_, full.position.vector).materialise();
  require(full.state == there, [&] {
    return name() + " gets the state " + full.state + " where the writes of " + "its vector give " +
           there;
  });
}

void Client::hear(const wire::ErrorEvent& error) {
  if (!error.id) return;  // its request was refused; it asks again some day
  const auto found = find(*error.id);
  require(found != pending_.end(), [&] { return name() + " gets an error after an ack"; });
  switch (error.code) {
    case wire::ErrorCode::unavailable:
    case wire::ErrorCode::rate_limited:
    case wire::ErrorCode::version_ahead:
      found->under_way = false;
      break;
    case wire::ErrorCode::state_limit:
      pending_.erase(found);
      break;
    case wire::ErrorCode::too_old:
      check_too_old(*found);
      pending_.erase(found);
      request();
      break;
    default:
      throw Violation(name() + " gets " + std::string(to_string(error.code)));
  }
}

/// It was made before what has been forgotten since, and nothing of it was stored.
void Client::check_too_old(const Pending& write) const {
  const DiskImage& disk = node_->disk_image();
  const bool is_below =
      write.request.version && *write.request.version <= disk.horizon_of(user_).floor;
  // The floor may have gone with a failed commit.
  require(is_below || node_->has_recovered_lately(),
          [&] { return name() + " is told that its write is too old, which it is not"; });
  const std::string tab = write.request.tab.value_or(std::string());
  if (node_->is_mixed() || node_->was_admitted_lately()) return;
  for (const auto& [path, entry] : disk.of(user_).entries()) {
    const bool is_its = entry.stamp == crdt::Stamp{*write.request.version,
                                                   write.request.timestamp_ms.value_or(0), tab};
    const bool is_among = std::any_of(
        write.request.changes.begin(), write.request.changes.end(),
        [&](const auto& change) { return change.path == path && change.payload == entry.payload; });
    const bool is_stored_here = node_->has_been(entry.dot->origin);
    require(!is_its || !is_among || !is_stored_here,
            [&] { return name() + " is refused a write that stands: " + to_string(path, entry); });
  }
}

std::deque<Client::Pending>::iterator Client::find(const wire::RequestId& id) {
  return std::find_if(pending_.begin(), pending_.end(),
                      [&](const Pending& write) { return write.request.id == id; });
}

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
