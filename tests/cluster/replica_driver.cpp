#include "tests/cluster/replica_driver.h"

#include <gtest/gtest.h>

#include <utility>

namespace anabranch::cluster {

namespace {

bool is_note(const Effect& effect) { return std::holds_alternative<Note>(effect); }

bool is_talk(const Effect& effect) {
  if (const auto* publish = std::get_if<Publish>(&effect)) {
    return std::holds_alternative<wire::Heartbeat>(publish->message);
  }
  if (std::holds_alternative<Scrub>(effect)) return true;
  const auto* ask = std::get_if<AskPeer>(&effect);
  return ask && (std::holds_alternative<wire::Hello>(ask->message) ||
                 std::holds_alternative<wire::Progress>(ask->message));
}

}  // namespace

wire::StoreState state_of(ReplicaId replica, crdt::VersionVector vector) {
  wire::StoreState state;
  state.replica = replica;
  state.vector = std::move(vector);
  state.standing.admitted = true;
  return state;
}

wire::StoreState unadmitted(crdt::VersionVector vector, crdt::VersionVector collected) {
  wire::StoreState state = state_of(origin_a, std::move(vector));
  state.standing = {false, std::move(collected)};
  return state;
}

ReplicaOptions with_peers() {
  ReplicaOptions options;
  options.others = {{"b", "west"}, {"c", "east"}};
  return options;
}

ReplicaDriver::ReplicaDriver(ReplicaOptions options, wire::StoreState state,
                             const Audience* audience)
    : replica_(std::move(options), std::move(state), random_, now_, audience) {}

void ReplicaDriver::pass(std::int64_t ms) {
  now_.wall_ms += ms;
  now_.monotonic_ms += ms;
}

void ReplicaDriver::run(Input input) {
  step(std::move(input));
  flush();
}

void ReplicaDriver::write(std::uint64_t session, wire::WriteRequest request,
                          const std::string& id) {
  request.id = wire::RequestId{"\"" + id + "\""};
  run(ClientWrite{{session}, "alice", std::move(request)});
}

void ReplicaDriver::ask_state(std::uint64_t session, std::optional<crdt::VersionVector> cursor,
                              std::vector<Dot> seen) {
  ClientRequest request;
  request.session = {session};
  request.user = "alice";
  if (cursor) request.cursor = wire::Cursor{*std::move(cursor)};
  request.cursor_is_authentic = true;
  request.seen = std::move(seen);
  run(std::move(request));
}

void ReplicaDriver::load(wire::UserRecords records, const UserId& user) {
  run(UserLoaded{user, std::move(records)});
}

void ReplicaDriver::warm(wire::UserRecords records) {
  run(StateRead{0, "alice", {}});
  load(std::move(records));
  effects();
}

void ReplicaDriver::receive(const std::string& peer, wire::PeerMessage message) {
  run(PeerReceived{peer, std::move(message)});
}

wire::NodeReport ReplicaDriver::report(ReplicaId replica, crdt::VersionVector vector,
                                       bool holds_beyond) const {
  wire::NodeReport report;
  report.replica = replica;
  report.vector = std::move(vector);
  report.holds_beyond = holds_beyond;
  report.epoch = ReplicaOptions().epoch;
  report.wall_ms = now_.wall_ms;
  report.standing.admitted = true;
  if (!holds_beyond) report.digest = replica_.status(now_).digest;
  return report;
}

void ReplicaDriver::hear_digest(const std::string& peer, ReplicaId replica, std::string digest,
                                bool damaged) {
  wire::NodeReport other = report(replica, replica_.status(now_).vector, false);
  other.digest = std::move(digest);
  other.damaged = damaged;
  receive(peer, wire::Heartbeat{std::move(other)});
}

void ReplicaDriver::hear(const std::string& peer, ReplicaId replica, crdt::VersionVector vector,
                         bool holds_beyond) {
  heard_.emplace(peer, replica);
  receive(peer, wire::Heartbeat{report(replica, std::move(vector), holds_beyond)});
}

void ReplicaDriver::hear_all() {
  hear("b", origin_b, {});
  hear("c", origin_c, {});
  effects();
}

void ReplicaDriver::welcome(const std::string& peer, ReplicaId replica,
                            crdt::VersionVector vector) {
  heard_.emplace(peer, replica);
  receive(peer, wire::Welcome{report(replica, std::move(vector), false), now_.wall_ms});
}

void ReplicaDriver::publish(const std::string& peer, std::vector<crdt::Write> writes) {
  // Nobody's publications are taken before a word of who it is.
  const ReplicaId origin = writes.front().dot.origin;
  if (heard_.emplace(peer, origin).second) hear(peer, origin, {});
  receive(peer, wire::PublishedWrites{std::move(writes)});
}

void ReplicaDriver::piece(const std::string& peer, std::uint64_t index,
                          std::vector<crdt::Write> writes,
                          std::optional<crdt::VersionVector> last) {
  collect();
  wire::PullPiece piece{pull_id_, index, std::move(writes), std::move(last), {}};
  if (index == 0) {
    piece.answerer = wire::Answerer{piece.vector.value_or(crdt::VersionVector()), {true, {}}};
  }
  receive(peer, std::move(piece));
}

void ReplicaDriver::committed(bool ok) {
  collect();
  ASSERT_FALSE(commits_.empty()) << "no commit is under way";
  const Ticket ticket = commits_.front();
  commits_.pop_front();
  run(Committed{ticket, ok});
}

void ReplicaDriver::settle() {
  for (collect(); !commits_.empty(); collect()) committed();
}

void ReplicaDriver::recovered(wire::StoreState state, std::vector<crdt::Write> resurfaced) {
  run(StoreRecovered{std::move(state), std::move(resurfaced)});
}

void ReplicaDriver::collect() {
  for (Effect& effect : replica_.take_effects()) {
    if (const auto* commit = std::get_if<Commit>(&effect)) {
      commits_.push_back(commit->ticket);
      last_batch_ = *commit->batch;
    }
    if (const auto* ask = std::get_if<AskPeer>(&effect)) {
      if (const auto* pull = std::get_if<wire::Pull>(&ask->message)) pull_id_ = pull->id;
      if (const auto* pull = std::get_if<wire::RepairPull>(&ask->message)) pull_id_ = pull->id;
    }
    if (const auto* publish = std::get_if<Publish>(&effect)) {
      const auto* writes = std::get_if<wire::PublishedWrites>(&publish->message);
      if (writes) {
        published_.insert(published_.end(), writes->writes.begin(), writes->writes.end());
        last_publication_ = *writes;
      }
    }
    if (const auto* answer = std::get_if<AnswerPeer>(&effect)) {
      last_report_ = std::get<wire::Welcome>(answer->message).report;
    }
    effects_.push_back(std::move(effect));
  }
}

wire::NodeReport ReplicaDriver::last_report() {
  collect();
  return last_report_;
}

std::vector<std::string> ReplicaDriver::effects_with_talk() {
  collect();
  std::vector<std::string> lines;
  for (const Effect& effect : std::exchange(effects_, {})) {
    if (!is_note(effect)) lines.push_back(describe(effect));
  }
  return lines;
}

template <class Kind>
std::vector<Kind> ReplicaDriver::all_of() {
  collect();
  std::vector<Kind> found;
  for (const Effect& effect : effects_) {
    if (const auto* one = std::get_if<Kind>(&effect)) found.push_back(*one);
  }
  return found;
}

std::vector<Deliver> ReplicaDriver::deliveries() { return all_of<Deliver>(); }
std::vector<Answer> ReplicaDriver::answers() { return all_of<Answer>(); }

std::vector<std::string> ReplicaDriver::notes() {
  std::vector<std::string> lines;
  for (const Note& note : all_of<Note>()) lines.push_back(describe(note));
  std::erase_if(effects_, is_note);
  return lines;
}

std::vector<std::string> ReplicaDriver::effects() {
  collect();
  std::erase_if(effects_, is_talk);
  return effects_with_talk();
}

bool admitted(ReplicaDriver& node) { return node.replica().status(node.now()).admitted; }

}  // namespace anabranch::cluster
