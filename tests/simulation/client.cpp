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
    if (delta->complete && !node_->is_changing()) {
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
    const bool may_be_gone =
        node_->is_changing() || !ack.applied || change.payload.kind == crdt::RecordKind::tombstone;
    require((is_below && may_be_gone) ||
                disk.of(user_).judge(change.path, entry) != ReferenceState::Outcome::won,
            [&] {
              return name() + " gets an ack of what is not on " + node_->name() +
                     "'s disk: " + to_string(change.path, entry);
            });
  }
  acked_[ack.id.json] =
      world_.history.acked({user_, stamp, write.request.changes, node_->name(), node_->disk(),
                            !node_->may_be_of_before(ack.dot), node_->times_outside()});
  note_version(ack.version);
  on_ack(write, ack, stamp);
}

/// The state as JSON is that of the vector it comes with.
void Client::hear(const wire::Full& full) {
  const DiskImage& disk = node_->disk_image();
  // Origins that are retired are not told of: nothing of them may be in the state. Others that are
  // on the disk by now may have been held beyond the vector then.
  const auto& told = full.position.vector.entries();
  const std::size_t untold = disk.vector.entries().size() - told.size();
  if (told.size() > disk.vector.entries().size() || untold > node_->status().origins_retired)
    return;
  const bool is_of_the_disk = std::all_of(told.begin(), told.end(), [&disk](const auto& entry) {
    return disk.vector[entry.first] == entry.second;
  });
  if (disk.holds_beyond || !is_of_the_disk || node_->is_mixed()) return;
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
  if (node_->is_changing()) return;
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

}  // namespace anabranch::simulation
