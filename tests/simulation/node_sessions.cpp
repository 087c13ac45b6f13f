#include "tests/simulation/node.h"
#include "tests/simulation/violation.h"

#include <algorithm>
#include <utility>
#include <variant>

// The node's rooms of clients, and the watch over what they are told.

namespace anabranch::simulation {

void Node::open(SessionId id, const UserId& user, Session* session) {
  process_->sessions.emplace(id, OpenSession{user, session});
}

void Node::close(SessionId id) {
  if (process_) process_->sessions.erase(id);
}

void Node::frame(SessionId id, wire::WriteRequest request) {
  if (!process_) return;
  arrive([this, id, request = std::move(request)]() mutable {
    OpenSession* open = open_session(id);
    if (!open) return;
    ++open->unanswered;
    if (!request.tab) request.tab = "session-" + std::to_string(id.value);
    input(cluster::ClientWrite{id, open->user, std::move(request)});
  });
}

void Node::frame(SessionId id, cluster::ClientRequest request) {
  if (!process_) return;
  arrive([this, id, request = std::move(request)]() mutable {
    OpenSession* open = open_session(id);
    if (!open) return;
    ++open->unanswered;
    request.session = id;
    request.user = open->user;
    request.cursor_is_authentic = true;
    input(std::move(request));
  });
}

/// Clients leave one after the other, and may still send meanwhile.
void Node::drain() {
  arrive([this] {
    process_->drain = Draining{disk_vector()};
    input(cluster::SetDraining{true});
    for (auto& [id, open] : process_->sessions) {
      open.sent_before_drain = open.unanswered;
      after(world_.random.between(0, 100), [this, id = id] { send_away(id); });
    }
  });
}

void Node::cancel_drain() {
  arrive([this] {
    process_->drain.reset();
    input(cluster::SetDraining{false});
  });
}

void Node::send_away(SessionId id) {
  if (!process_->drain) return;
  const auto node = process_->sessions.extract(id);
  if (node) node.mapped().session->sent_away();
}

void Node::ask_drain(std::function<void(const DrainAnswer&)> hear) {
  arrive([this, hear = std::move(hear)] {
    hear({process_->replica.drain_progress(now()), process_->sessions.size(), status().vector});
  });
}

/// A node that drains takes nothing that has come since.
void Node::check_refused(const OpenSession& open,
                         const std::vector<wire::ClientEvent>& events) const {
  if (!process_->drain || open.sent_before_drain > 0 || events.empty()) return;
  require(!std::holds_alternative<wire::Ack>(events.front()),
          [&] { return name_ + " takes a write while it drains"; });
}

Node::OpenSession* Node::open_session(SessionId id) {
  const auto found = process_->sessions.find(id);
  return found == process_->sessions.end() ? nullptr : &found->second;
}

void Node::read_state(const UserId& user, std::function<void(const std::string&)> answer) {
  const std::uint64_t token = ++process_->last_read;
  process_->reads.emplace(token, std::move(answer));
  input(cluster::StateRead{token, user, {}});
}

void Node::check_record(const UserId& user, const wire::SyncedRecord& record) const {
  const DiskImage& disk = disk_image();
  const ReferenceState::Entry entry{record.stamp, record.payload, record.dot};
  const std::string told = name_ + " tells a client of " + to_string(record.path, entry);
  require(!record.dot || disk.vector.covers(*record.dot) || was_admitted_lately(),
          [&] { return told + ": its vector does not cover it"; });
  // A delete without a dot may stand in for a tombstone that was collected.
  // So may its stamp at a value that would go with such a delete.
  const auto held = disk.of(user).entries().find(record.path);
  const bool is_lifted = !record.dot && held != disk.of(user).entries().end() &&
                         held->second.payload == record.payload &&
                         record.stamp.version <= disk.horizon_of(user).floor;
  const bool stands_in = record.payload.kind == crdt::RecordKind::tombstone && !record.dot &&
                         record.stamp.version <= disk.horizon_of(user).floor;
  require(stands_in || is_lifted || is_changing() || disk.may_have_collected(user, entry) ||
              disk.of(user).judge(record.path, entry) != ReferenceState::Outcome::won,
          [&] { return told + ": its disk does not hold it"; });
}

void Node::check_batch(const UserId& user, const wire::BatchSync& batch) const {
  for (const crdt::Change& change : batch.changes) {
    check_record(user, {change.path, batch.stamp, change.payload, batch.dot});
  }
  if (!batch.dot) return;
  // What is left out of it has lost.
  for (const auto& [path, payload] : world_.history.changes_of(*batch.dot)) {
    const bool is_told = std::any_of(batch.changes.begin(), batch.changes.end(),
                                     [&](const auto& change) { return change.path == path; });
    const ReferenceState::Entry entry{batch.stamp, payload, batch.dot};
    const bool is_below = batch.stamp.version <= disk_image().horizon_of(user).floor;
    require(is_told || is_below ||
                disk_image().of(user).judge(path, entry) != ReferenceState::Outcome::won,
            [&] { return name_ + " tells a part of the batch " + batch.dot->to_string(); });
  }
}

void Node::check_told(const UserId& user, const std::vector<wire::ClientEvent>& events) const {
  for (const wire::ClientEvent& event : events) {
    if (const auto* ack = std::get_if<wire::Ack>(&event)) {
      require(!ack->dot || disk_vector().covers(*ack->dot) || was_admitted_lately(), [&] {
        return name_ + " acks " + ack->dot->to_string() + ", which its disk does not have";
      });
    }
    if (const auto* sync = std::get_if<wire::Sync>(&event)) check_record(user, sync->record);
    if (const auto* batch = std::get_if<wire::BatchSync>(&event)) check_batch(user, *batch);
    const auto* delta = std::get_if<wire::Delta>(&event);
    if (!delta) continue;
    require(disk_vector().covers(delta->position.vector) || was_admitted_lately(),
            [&] { return name_ + "'s answer claims more than its disk has"; });
    for (const wire::SyncedRecord& record : delta->changes) check_record(user, record);
  }
}

/// A write made here is told to everyone but the session that made it. (What turns up after a
/// failed commit has been refused to its author, who must hear of it too.)
void Node::check_writer_left_out(const cluster::Deliver& effect) const {
  if (effect.except || has_recovered_lately() || effect.events.empty()) return;
  const wire::ClientEvent& first = effect.events.front();
  std::optional<Dot> dot;
  if (const auto* sync = std::get_if<wire::Sync>(&first)) dot = sync->record.dot;
  if (const auto* batch = std::get_if<wire::BatchSync>(&first)) dot = batch->dot;
  require(!dot || dot->origin != status().replica,
          [&] { return name_ + " echoes a write to its writer"; });
}

void Node::carry_out(cluster::Answer& effect) {
  const auto found = process_->sessions.find(effect.session);
  if (found == process_->sessions.end()) return;
  OpenSession& open = found->second;
  check_told(open.user, effect.events);
  require(open.unanswered > 0, [&] { return name_ + " answers a frame that was not sent"; });
  check_refused(open, effect.events);
  --open.unanswered;
  if (open.sent_before_drain > 0) --open.sent_before_drain;
  open.session->answer(effect.events);
}

void Node::carry_out(cluster::Notify& effect) {
  const auto& ack = std::get<wire::Ack>(effect.event);
  require(!ack.dot || world_.copies_elsewhere(name_, *ack.dot) >= options_.replica.acks,
          [&] { return name_ + " says that a write is replicated that is not"; });
  const auto found = process_->sessions.find(effect.session);
  if (found != process_->sessions.end()) found->second.session->tell({effect.event});
}

/// A session may go while another is told.
std::vector<SessionId> Node::sessions_of(const UserId& user) const {
  std::vector<SessionId> there;
  for (const auto& [id, open] : process_->sessions) {
    if (open.user == user) there.push_back(id);
  }
  return there;
}

void Node::carry_out(cluster::Dismiss& effect) {
  for (const SessionId id : sessions_of(effect.user)) {
    const auto node = process_->sessions.extract(id);
    if (node) node.mapped().session->lost();
  }
}

void Node::carry_out(cluster::Deliver& effect) {
  check_told(effect.user, effect.events);
  check_writer_left_out(effect);
  for (const SessionId id : sessions_of(effect.user)) {
    if (id == effect.except) continue;
    const auto found = process_->sessions.find(id);
    if (found != process_->sessions.end()) found->second.session->tell(effect.events);
  }
}

void Node::carry_out(cluster::StateReadAnswer& effect) {
  auto node = process_->reads.extract(effect.token);
  require(!node.empty() && effect.state.has_value(),
          [&] { return name_ + " answers a read amiss"; });
  node.mapped()(effect.state->value_or("nothing"));
}

}  // namespace anabranch::simulation
