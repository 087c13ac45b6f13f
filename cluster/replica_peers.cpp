#include "base/defects.h"
#include "cluster/replica.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace anabranch::cluster {

namespace {

constexpr std::int64_t heartbeat_interval_ms = 1000;
/// Hellos come faster until the first is answered: a node is ready sooner.
constexpr std::int64_t first_hello_interval_ms = 100;
/// Peers that have not answered within this long of the start are not waited for.
constexpr std::int64_t ready_wait_ms = 5000;
/// How often peers are told what is on disk here, where no ack of theirs waits for it.
constexpr std::int64_t progress_interval_ms = 20;

}  // namespace

wire::NodeReport Replica::report() const {
  const wire::StoreState& durable = ledger_.durable();
  wire::NodeReport report;
  report.replica = durable.replica;
  report.vector = planted(Defect::report_before_disk) ? ledger_.vector() : durable.vector;
  // What waits behind a gap counts too: its origin may come back from an older disk, and must not
  // take our vector for all that is known of it.
  report.holds_beyond = !durable.beyond.entries().empty() || streams_.has_gap(ledger_.vector());
  if (planted(Defect::hide_what_is_held_beyond)) report.holds_beyond = false;
  report.digest = durable.digest.to_string();
  report.epoch = options_.epoch;
  report.ready = ready();
  report.draining = drain_.has_value();
  report.wall_ms = now_.wall_ms;
  report.damaged = durable.damaged;
  report.standing = durable.standing;
  // Half of an admission is nobody's state.
  report.holds_beyond = report.holds_beyond || is_being_admitted();
  return report;
}

void Replica::on(Reconfigured reconfigured) {
  static_cast<ReplicaSettings&>(options_) = std::move(reconfigured.settings);
  for (const std::string& name : peers_.set_members(options_.others)) forget_peer(name);
  forget_strangers();
  rate_.set_rate(options_.updates_per_minute, options_.update_burst);
  replicated_acks_.set_copies(options_.acks);
  for (Notify& ack : replicated_acks_.release(peers_.durable_vectors())) emit(std::move(ack));
  start_pull();
  update_caught_up();
}

void Replica::forget_peer(const std::string& name) {
  if (anti_entropy_.active() && anti_entropy_.active()->peer == name) {
    anti_entropy_.give_up(now_.monotonic_ms);
    drop_pieces();
  }
  anti_entropy_.forget(name);
  start_targets_.erase(name);
  repair_needs_.diverged_from.erase(name);
  if (repair_ && repair_->peer == name) repair_.reset();
}

void Replica::on(PeerReceived received) {
  Peer* peer = peers_.find(received.peer);
  if (!peer) return;
  std::visit([&](auto& message) { receive(*peer, std::move(message)); }, received.message);
}

void Replica::receive(Peer& peer, wire::Heartbeat heartbeat) {
  const bool is_first = !std::exchange(peer.heartbeat_ms, now_.monotonic_ms);
  if (std::exchange(peer.silent_noted, false) || is_first) {
    note(Note::Level::info, is_first ? "peer connected" : "peer is heard again",
         {{"peer", peer.member.name}, {"replica_id", heartbeat.report.replica.to_string()}});
  }
  learn(peer, heartbeat.report, true);
}

void Replica::receive(Peer& peer, wire::Hello hello) {
  emit(AnswerPeer{peer.member.name, wire::Welcome{report(), hello.sent_ms}});
  learn(peer, hello.report, false);
}

void Replica::receive(Peer& peer, wire::Welcome welcome) {
  peer.answered_ms = now_.monotonic_ms;
  // Half of the round trip is taken as the way there: exact where both ways take as long.
  const auto sent = static_cast<double>(welcome.hello_sent_ms);
  const auto middle = (sent + static_cast<double>(now_.wall_ms)) / 2.0;
  peer.clock_offset_ms = static_cast<double>(welcome.report.wall_ms) - middle;
  watch_clock(peer, std::abs(middle - sent));
  learn(peer, welcome.report, false);
}

void Replica::receive(Peer& peer, wire::Progress progress) {
  learn_durable(peer, progress.replica, progress.vector);
}

void Replica::receive(Peer& peer, wire::Pull pull) {
  check_own_origin(pull.vector, peer.member.name);
  // A copy of the message is not served again: the pieces of two answers must never mix.
  if (std::exchange(peer.pull_id, pull.id) == pull.id) return;
  const bool serves = may_exchange({pull.admitted, {}}, pull.vector) && !is_being_admitted();
  if (!serves) return;
  emit(ServePull{peer.member.name, std::move(pull)});
}

void Replica::receive(Peer& peer, wire::PullCredit credit) {
  emit(GrantPull{peer.member.name, credit});
}

void Replica::learn(Peer& peer, const wire::NodeReport& report, bool is_heartbeat) {
  const std::string& name = peer.member.name;
  const bool is_first = !peer.trusted_after;
  peer.report = report;
  learn_durable(peer, report.replica, report.vector);
  judge_standing(peer);
  if (!peer.trusted_after) {
    watch_admission();
    update_caught_up();
    return;
  }
  const auto target = start_targets_.find(name);
  if (is_first && now_.monotonic_ms - started_ms_ <= ready_wait_ms) {
    start_targets_[name] = report.vector;
  } else if (target != start_targets_.end() && !report.vector.covers(target->second)) {
    target->second = report.vector;  // it has lost its disk: what it told may be nowhere
  }

  const crdt::VersionVector reach = streams_.reach(ledger_.vector());
  // A heartbeat follows its sender's own writes on one socket: what it is ahead by was lost.
  const bool tail_lost = is_heartbeat && report.vector[report.replica] > reach[report.replica];
  if (tail_lost && !is_first) {
    note_lost(peer, {report.replica, report.vector[report.replica]});
  }
  if (is_first || !planted(Defect::ignore_reports)) {
    anti_entropy_.note_report(name, report.vector, reach, tail_lost, now_.monotonic_ms);
  }
  note_untold(name, report);
  start_pull();
  update_caught_up();
  if (is_heartbeat) watch_digest(peer);
}

/// Only at equal vectors do unequal digests show that what it holds beyond is not here.
void Replica::note_untold(const std::string& name, const wire::NodeReport& report) {
  const wire::StoreState& durable = ledger_.durable();
  if (report.holds_beyond && report.vector != durable.vector) return;
  const bool has_some = report.holds_beyond && report.digest != durable.digest.to_string();
  anti_entropy_.note_untold(name, has_some, now_.monotonic_ms);
}

/// Nothing while the vectors differ, or one of the two holds records beyond its own.
std::optional<bool> Replica::digest_equal(const Peer& peer) const {
  const wire::StoreState& durable = ledger_.durable();
  const bool comparable = peer.trusted_after && peer.report->vector == durable.vector &&
                          !peer.report->holds_beyond && durable.beyond.entries().empty();
  if (!comparable) return {};
  return peer.report->digest == durable.digest.to_string();
}

/// Equal knowledge and unequal states mean a defect or a rotten disk: each case is told once.
void Replica::watch_digest(Peer& peer) {
  if (!ledger_.durable().standing.admitted) return;
  const crdt::VersionVector& vector = ledger_.durable().vector;
  if (peer.diverged_at == vector || digest_equal(peer).value_or(true)) return;
  // One of the two knows already, and mends itself.
  if (peer.report->damaged || ledger_.durable().damaged) return;
  peer.diverged_at = vector;
  ++counters_.divergences_found;
  repair_needs_.diverged_from.insert(peer.member.name);
  note(Note::Level::error, "the state differs from " + peer.member.name +
                               "'s though both know the same writes: a defect or a damaged disk");
}

void Replica::learn_durable(Peer& peer, ReplicaId replica, const crdt::VersionVector& vector) {
  check_own_origin(vector, peer.member.name);
  if (peer.report) peer.report->replica = replica;
  peer.durable = vector;
  for (Notify& ack : replicated_acks_.release(peers_.durable_vectors())) emit(std::move(ack));
}

void Replica::check_own_origin(const crdt::VersionVector& theirs, const std::string& who) {
  const ReplicaId self = ledger_.replica();
  check_own_dot({self, theirs[self]}, who);
}

void Replica::check_own_dot(Dot dot, const std::string& who) {
  if (planted(Defect::reuse_seq_after_restore)) return;
  if (dot.origin == ledger_.replica() && !ledger_.vector().covers(dot)) {
    lose_admission(who + " knows more of it than this disk does: the disk has gone back in time");
  }
}

void Replica::update_caught_up() {
  if (caught_up_) return;
  const bool waited = now_.monotonic_ms - started_ms_ > ready_wait_ms;
  const auto& all = peers_.all();
  const auto answered = std::count_if(
      all.begin(), all.end(), [](const auto& entry) { return entry.second.report.has_value(); });
  if (!waited && static_cast<std::size_t>(answered) < all.size()) return;
  // One that is to be admitted has everything still to come, and sends away whom it has told less.
  // Where nobody is admitted yet, somebody will be, in moments.
  const bool admitted = ledger_.standing().admitted && ledger_.durable().standing.admitted;
  if (is_being_admitted() || (!admitted && (admitting_peer() || !waited))) return;
  const bool covered = std::all_of(
      start_targets_.begin(), start_targets_.end(),
      [this](const auto& target) { return ledger_.durable().vector.covers(target.second); });
  if (!covered) return;
  caught_up_ = true;
  note(answered == 0 ? Note::Level::warning : Note::Level::info,
       answered == 0 ? "ready, though no other member has answered"
                     : "ready: caught up with the members that answered");
}

/// The others wait for it: they exchange nothing with this node as it was.
void Replica::tell_standing() {
  judge_all_standings();
  last_heartbeat_ms_ = now_.monotonic_ms;
  emit(Publish{wire::Heartbeat{report()}});
  for (auto& [name, peer] : peers_.all()) {
    peer.hello_ms = now_.monotonic_ms;
    emit(AskPeer{name, wire::Hello{report(), now_.wall_ms}});
  }
}

void Replica::tell_progress() {
  if (!progress_untold_) return;
  // Only words that say that it drains: by another it might be taken for one that stays.
  if (drain_ && !planted(Defect::count_those_who_leave)) return;
  const bool acks_wait = options_.acks > 0;
  if (!acks_wait && now_.monotonic_ms - last_progress_ms_ < progress_interval_ms) return;
  progress_untold_ = false;
  last_progress_ms_ = now_.monotonic_ms;
  const wire::StoreState& durable = ledger_.durable();
  for (const auto& [name, peer] : peers_.all()) {
    const auto& told = planted(Defect::progress_before_disk) ? ledger_.vector() : durable.vector;
    emit(AskPeer{name, wire::Progress{durable.replica, told}});
  }
}

void Replica::watch_peers() {
  for (auto& [name, peer] : peers_.all()) {
    const std::int64_t interval =
        peer.answered_ms ? heartbeat_interval_ms : first_hello_interval_ms;
    if (!peer.hello_ms || now_.monotonic_ms - *peer.hello_ms >= interval) {
      peer.hello_ms = now_.monotonic_ms;
      emit(AskPeer{name, wire::Hello{report(), now_.wall_ms}});
    }
    if (peer.heartbeat_ms && !peer.is_connected(now_.monotonic_ms) && !peer.silent_noted) {
      peer.silent_noted = true;
      anti_entropy_.forget(name);
      start_targets_.erase(name);  // it cannot be caught up with now
      note(Note::Level::warning, "peer is silent", {{"peer", name}});
    }
  }
}

void Replica::on(const Tick&) {
  if (now_.monotonic_ms - last_heartbeat_ms_ >= heartbeat_interval_ms) {
    last_heartbeat_ms_ = now_.monotonic_ms;
    emit(Publish{wire::Heartbeat{report()}});
    rate_.forget_idle(now_.monotonic_ms);
  }
  watch_peers();
  // While pieces wait here it is this node that is slow, not the peer.
  if (!pieces_.empty()) anti_entropy_.note_progress(now_.monotonic_ms);
  if (const auto peer = anti_entropy_.give_up_stalled(now_.monotonic_ms)) {
    note(Note::Level::warning, "pull stalled, asking again", {{"peer", *peer}});
  }
  start_pull();
  watch_repair();
  watch_admission();
  watch_collection();
  tell_progress();
  update_caught_up();
}

}  // namespace anabranch::cluster
