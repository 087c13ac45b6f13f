#include "base/defects.h"
#include "cluster/records_by_path.h"
#include "cluster/replica.h"

#include <utility>
#include <vector>

namespace anabranch::cluster {

void Replica::on(Scrubbed scrubbed) {
  const wire::ScrubFindings& findings = scrubbed.findings;
  learn_log_ends(findings.log_ends);
  if (findings.differences.empty() && findings.excess == wire::StateTotals()) return;
  if (!storage_ok_) return;
  ++counters_.divergences_found;
  note(Note::Level::error, "records on this disk are not what was written, in " +
                               std::to_string(findings.differences.size()) + " of " +
                               std::to_string(crdt::StateDigest::bucket_count) +
                               " buckets of users: they are taken anew from another member");
  repair_.reset();
  ledger_.correct(findings);
  repair_needs_.stale_buckets = findings.differences;
  repair_needs_.damaged_at = ledger_.vector();
}

void Replica::learn_log_ends(const crdt::VersionVector& ends) {
  const std::optional<ScrubStart> start = std::exchange(repair_needs_.scrub, {});
  if (!storage_ok_ || !start || start->beyond_raises != ledger_.beyond_raises()) return;
  if (start->was_still && is_still()) ledger_.know_log_ends(ends);
  if (!ledger_.beyond().entries().empty()) return;
  crdt::VersionVector unnamed;
  for (const auto& [origin, last] : start->durable.entries()) {
    const bool is_named = ends[origin] > 0 && !planted(Defect::retire_what_records_name);
    if (!is_named && ledger_.vector()[origin] == last) unnamed.raise(origin, last);
  }
  retired_.note_unnamed(std::move(unnamed), ledger_.vector());
}

void Replica::watch_repair() {
  if (!storage_ok_) return;
  if (caught_up_ && now_.monotonic_ms >= repair_needs_.next_scrub_ms) {
    repair_needs_.next_scrub_ms = now_.monotonic_ms + options_.scrub_interval_ms;
    repair_needs_.scrub = {ledger_.beyond_raises(), is_still(), ledger_.durable().vector};
    emit(Scrub{});
  }
  if (repair_ && now_.monotonic_ms - repair_->progress_ms >= Repair::stall_ms) {
    const bool is_admission = is_being_admitted();
    if (is_admission) stalled_admission_ = repair_->peer;
    note(Note::Level::warning, std::string(is_admission ? "the admission by " : "a repair from ") +
                                   repair_->peer + " has stalled; asking again");
    repair_.reset();
  }
  if (!repair_) start_repair();
}

/// Null where nothing needs mending, or nobody can help now.
const Peer* Replica::repairing_peer() const {
  const bool damaged = ledger_.is_damaged();
  for (const auto& [name, peer] : peers_.all()) {
    const bool can_help =
        peer.trusted_after && !peer.report->damaged && peer.is_connected(now_.monotonic_ms);
    if (!can_help) continue;
    const bool helps = damaged ? peer.report->vector.covers(repair_needs_.damaged_at)
                               : repair_needs_.diverged_from.count(name) > 0;
    if (helps) return &peer;
  }
  return nullptr;
}

void Replica::start_repair() {
  const Peer* peer = repairing_peer();
  if (!peer) return;
  // What is in memory may be right, and hide what the disk holds.
  if (!documents_.erase_buckets(repair_needs_.stale_buckets)) return;
  repair_needs_.stale_buckets.clear();
  Repair repair;
  repair.peer = peer->member.name;
  repair.id = random_.next();
  repair.kind = ledger_.is_damaged() ? Repair::Kind::replace : Repair::Kind::merge;
  repair.theirs = peer->report->vector;
  repair.progress_ms = now_.monotonic_ms;
  repair_ = std::move(repair);
  emit(AskPeer{repair_->peer,
               wire::RepairPull{repair_->id, ledger_.durable().digest, Repair::credit}});
}

void Replica::receive(Peer& peer, wire::RepairPull pull) {
  if (ledger_.durable().damaged || is_being_admitted()) return;
  if (!pull.digest && !ledger_.durable().standing.admitted) return;
  // A copy of the message is not served again, as with a pull.
  if (std::exchange(peer.repair_id, pull.id) == pull.id) return;
  emit(ServeRepair{peer.member.name, std::move(pull)});
}

/// True when the piece is one of the repair under way, good or not.
bool Replica::take_repair_piece(const Peer& peer, wire::PullPiece& piece) {
  if (!repair_ || repair_->peer != peer.member.name || repair_->id != piece.id) return false;
  const bool follows =
      piece.index == repair_->next_index && repair_->pieces.size() < Repair::credit;
  if (!follows || (piece.index == 0 && !begin_answer(piece))) {
    repair_.reset();  // one was lost, or the peer is another: all is asked for again
    return true;
  }
  ++repair_->next_index;
  repair_->progress_ms = now_.monotonic_ms;
  for (const crdt::Write& write : piece.writes) check_own_dot(write.dot, peer.member.name);
  if (!repair_) return true;
  // So that they are read together.
  for (const crdt::Write& write : piece.writes) loaded(write.user);
  repair_->pieces.push_back(std::move(piece));
  drain_repair();
  return true;
}

/// False for an answer that cannot be taken.
bool Replica::begin_answer(const wire::PullPiece& piece) {
  if (!piece.answerer) return false;
  const wire::Answerer& answerer = *piece.answerer;
  repair_->standing = answerer.standing;
  if (!is_being_admitted()) return may_exchange(answerer.standing, answerer.vector);
  repair_->theirs = answerer.vector;
  return answerer.standing.admitted;
}

void Replica::drain_repair() {
  while (repair_ && may_apply_peer_writes() && !repair_->pieces.empty()) {
    wire::PullPiece& piece = repair_->pieces.front();
    repair_->progress_ms = now_.monotonic_ms;
    while (repair_->taken < piece.writes.size()) {
      crdt::Write& write = piece.writes[repair_->taken];
      if (!repair_->user.empty() && repair_->user != write.user && !adopt_gathered()) return;
      repair_->user = write.user;
      repair_->record_bytes += weight_of(write);
      repair_->records.push_back(std::move(write));
      ++repair_->taken;
    }
    if (repair_->record_bytes > Repair::max_user_bytes) return repair_.reset();
    if (piece.vector) {
      if (!repair_->user.empty() && !adopt_gathered()) return;
      if (is_being_admitted() && !adopt_passed_over(nullptr)) return;
      return finish_repair();
    }
    repair_->pieces.pop_front();
    repair_->taken = 0;
    emit(AskPeer{repair_->peer, wire::PullCredit{repair_->id, 1}});
  }
}

/// False where it has to wait.
bool Replica::adopt_gathered() {
  if (is_being_admitted() && !adopt_passed_over(&repair_->user)) return false;
  if (!adopt_user(repair_->user, repair_->records)) return false;
  repair_->user.clear();
  repair_->records.clear();
  repair_->record_bytes = 0;
  return true;
}

/// False where it has to wait, for the user's document or for the disk.
bool Replica::adopt_user(const UserId& user, const std::vector<crdt::Write>& records) {
  if (!may_apply_peer_writes()) return false;
  DocumentCache::Entry* entry = loaded(user);
  if (!entry) return false;
  keep_document(user);
  const bool changed =
      is_being_admitted() ? adopt_as_admitted(*entry, user, records) : adopt(*entry, user, records);
  if (changed) {
    open_.held.push_back(Dismiss{user});
    // Records of any origin may have come back.
    retired_.reset();
    repair_needs_.scrub.reset();
  }
  documents_.reweigh(user);
  open_.peer_bytes += repair_->record_bytes;
  return true;
}

/// Takes the user's records in. True when that changed something.
bool Replica::adopt(DocumentCache::Entry& entry, const UserId& user,
                    const std::vector<crdt::Write>& records) {
  crdt::Document& document = entry.document;
  bool changed =
      repair_->kind == Repair::Kind::replace && drop_what_differs(document, user, records);
  for (const crdt::Write& one : records) {
    changed = !ledger_.apply(document, one, false).empty() || changed;
  }
  if (changed) raise_generation(entry, user);
  return changed;
}

/// What the peer has judged and does not hold as it stands here is the damage.
bool Replica::drop_what_differs(crdt::Document& document, const UserId& user,
                                const std::vector<crdt::Write>& records) {
  const RecordsByPath theirs(records);
  std::vector<crdt::Path> wrong;
  for (const auto& [path, record] : document.records()) {
    const bool same = is_same(record, theirs.at(path));
    if (!same && repair_->theirs.covers(record.dot)) wrong.push_back(path);
  }
  for (const crdt::Path& path : wrong) ledger_.drop(document, user, path);
  return !wrong.empty();
}

void Replica::finish_repair() {
  if (is_being_admitted()) return finish_admission();
  const std::string peer = repair_->peer;
  if (repair_->kind == Repair::Kind::replace) ledger_.mended();
  repair_needs_.diverged_from.erase(peer);
  repair_.reset();
  ++counters_.divergences_repaired;
  note(Note::Level::info, "the state has been mended from " + peer + "'s");
}

}  // namespace anabranch::cluster
