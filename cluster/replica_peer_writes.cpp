#include "base/defects.h"
#include "cluster/delivery.h"
#include "cluster/replica.h"

#include <algorithm>
#include <utility>

namespace anabranch::cluster {

namespace {

/// Pieces of a pull's answer that may be on their way: bounds what waits here for documents.
constexpr std::uint32_t pull_credit = 8;
/// A disk that is slower than the peers must not make the open group grow and grow.
constexpr std::size_t max_group_peer_bytes = 4 << 20;

}  // namespace

void Replica::receive(Peer& peer, wire::PublishedWrites published) {
  const ReplicaId origin = published.writes.front().dot.origin;
  const Dot last = published.writes.back().dot;
  check_own_dot(last, peer.member.name);
  if (!storage_ok_ || origin == ledger_.replica()) return;
  if (!take_trusted(peer, published)) return;
  const bool had_gap = streams_.has_gap(origin, ledger_.vector());
  arrivals_.note(peer.member.name, published);
  streams_.add(std::move(published.writes), ledger_.vector());
  drain_stream(origin);
  if (!had_gap && streams_.has_gap(origin, ledger_.vector())) {
    note_lost(peer, last);
    crdt::VersionVector theirs;
    if (peer.report) theirs = peer.report->vector;
    theirs.raise(last.origin, last.seq);
    anti_entropy_.note_report(peer.member.name, theirs, streams_.reach(ledger_.vector()), true,
                              now_.monotonic_ms);
    start_pull();
  }
}

/// Leaves of the publication what may be taken from it; false where that is nothing.
bool Replica::take_trusted(const Peer& peer, wire::PublishedWrites& published) const {
  if (planted(Defect::exchange_with_anyone)) return true;
  const std::optional<Dot>& after = peer.trusted_after;
  if (!after || published.admitted != ledger_.standing().admitted) return false;
  std::erase_if(published.writes, [&after](const crdt::Write& write) {
    return write.dot.origin != after->origin || write.dot.seq <= after->seq;
  });
  return !published.writes.empty();
}

void Replica::receive(Peer& peer, wire::PullPiece piece) {
  if (!storage_ok_ || take_repair_piece(peer, piece)) return;
  const bool was_active = anti_entropy_.active().has_value();
  if (!anti_entropy_.expects(peer.member.name, piece, now_.monotonic_ms)) {
    // A piece out of turn has ended the pull: what it still has to say is not heard.
    if (was_active && !anti_entropy_.active()) drop_pieces();
    return;
  }
  const bool is_strange =
      piece.index == 0 &&
      (!piece.answerer || !may_exchange(piece.answerer->standing, piece.answerer->vector));
  if (pieces_.size() >= pull_credit || is_strange || is_being_admitted()) {
    anti_entropy_.give_up(now_.monotonic_ms);
    drop_pieces();
    return;
  }
  for (const crdt::Write& write : piece.writes) check_own_dot(write.dot, peer.member.name);
  if (!anti_entropy_.active()) return;  // one was evidence against this very disk
  for (const crdt::Write& write : piece.writes) {
    pull_tally_.records += write.changes.size();
    pull_tally_.bytes += weight_of(write);
  }
  pieces_.push_back(std::move(piece));
  drain_pieces();
}

void Replica::apply_peer_write(const crdt::Write& write, bool advance) {
  const wire::Traceparent traceparent = advance ? observe_arrival(write) : wire::Traceparent();
  DocumentCache::Entry& entry = *documents_.find(write.user);
  const auto won = ledger_.apply(entry.document, write, advance);
  keep_document(write.user);
  documents_.reweigh(write.user);
  open_.peer_bytes += weight_of(write);
  ++counters_.peer_writes_applied;
  const bool was_wrong = std::any_of(won.begin(), won.end(), [](const crdt::Change& change) {
    return change.payload.kind == crdt::RecordKind::generation;
  });
  if (was_wrong) open_.held.push_back(Dismiss{write.user});
  if (traceparent.empty() && !is_heard(write.user)) return;
  auto events = events_of_write(entry.document, write, won, ledger_.vector(), traceparent);
  if (events.empty()) return;
  open_.held.push_back(Deliver{write.user, {}, std::move(events), 0, traceparent, write.dot});
}

bool Replica::may_apply_peer_writes() const {
  return storage_ok_ && (!in_flight_ || open_.peer_bytes < max_group_peer_bytes);
}

void Replica::drain_stream(ReplicaId origin) {
  while (may_apply_peer_writes()) {
    const crdt::Write* next = streams_.next(origin, ledger_.vector());
    if (!next || !loaded(next->user)) return;
    apply_peer_write(streams_.take(origin), true);
  }
}

void Replica::drain_streams() {
  for (const ReplicaId origin : streams_.origins()) drain_stream(origin);
}

void Replica::drain_pieces() {
  while (may_apply_peer_writes() && !pieces_.empty()) {
    wire::PullPiece& piece = pieces_.front();
    bool all_loaded = true;
    for (const crdt::Write& write : piece.writes) {
      // Kept while the others are read, however little memory there is for documents.
      if (!loaded(write.user)) {
        all_loaded = false;
      } else if (piece_users_.insert(write.user).second) {
        documents_.pin(write.user);
      }
    }
    if (!all_loaded) return;
    for (const crdt::Write& write : piece.writes) {
      // What the vector covers by now has been judged: a late copy could only bring back the dead.
      if (ledger_.vector().covers(write.dot) && !planted(Defect::take_late_copies)) continue;
      apply_peer_write(write, false);
    }
    const std::uint64_t id = piece.id;
    const auto vector = std::move(piece.vector);
    pieces_.pop_front();
    let_piece_users_go();
    anti_entropy_.note_progress(now_.monotonic_ms);
    if (planted(Defect::join_before_last_piece)) {
      ledger_.join(peers_.find(anti_entropy_.active()->peer)->report->vector);
    }
    if (vector) {
      ledger_.join(*vector);
      note_pull_finished();
      anti_entropy_.finish();
      drop_pieces();  // nothing can follow the last piece
      drain_streams();
      start_pull();
    } else {
      emit(AskPeer{anti_entropy_.active()->peer, wire::PullCredit{id, 1}});
    }
  }
}

void Replica::let_piece_users_go() {
  for (const UserId& user : std::exchange(piece_users_, {})) documents_.unpin(user);
}

void Replica::drop_pieces() {
  pieces_.clear();
  let_piece_users_go();
}

/// Publications that wait, and the pull under way: what is still wanted is asked for again.
void Replica::drop_what_peers_sent() {
  streams_.clear();
  anti_entropy_.give_up(now_.monotonic_ms);
  drop_pieces();
}

void Replica::start_pull() {
  if (!storage_ok_ || is_being_admitted()) return;
  const bool gap = streams_.has_gap(ledger_.vector());
  const auto peer =
      anti_entropy_.start_due(streams_.reach(ledger_.vector()), gap, now_.monotonic_ms);
  if (!peer) return;
  ++counters_.pulls;
  note(Note::Level::info, "pull started", {{"peer", *peer}});
  pull_tally_ = {now_.monotonic_ms, 0, 0};
  drop_pieces();
  emit(AskPeer{*peer, wire::Pull{anti_entropy_.active()->id, ledger_.vector(), pull_credit,
                                 ledger_.standing().admitted}});
}

}  // namespace anabranch::cluster
