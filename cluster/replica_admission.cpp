#include "base/defects.h"
#include "cluster/delivery.h"
#include "cluster/records_by_path.h"
#include "cluster/replica.h"
#include "crdt/horizon.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace anabranch::cluster {

/// True when records may pass between the two without bringing back what one has collected.
bool Replica::may_exchange(const wire::Standing& theirs, const crdt::VersionVector& vector) const {
  if (planted(Defect::exchange_with_anyone)) return true;
  const wire::Standing& ours = ledger_.standing();
  return theirs.admitted == ours.admitted && vector.covers(ours.collected) &&
         ledger_.vector().covers(theirs.collected);
}

bool Replica::is_being_admitted() const {
  return repair_ && repair_->kind == Repair::Kind::admission;
}

/// After the peer's report, or a change of this node's own standing.
void Replica::judge_standing(Peer& peer) {
  if (!peer.report) return;
  const wire::NodeReport& report = *peer.report;
  const wire::Standing& ours = ledger_.standing();
  const bool has_missed = report.standing.admitted && ours.admitted &&
                          !ledger_.vector().covers(report.standing.collected);
  if (has_missed && !planted(Defect::exchange_with_anyone)) {
    lose_admission(peer.member.name + " has collected deletes that this disk does not know");
  }
  if (is_being_admitted() && repair_->peer == peer.member.name && !report.standing.admitted) {
    repair_.reset();
  }
  if (is_being_admitted() || !may_exchange(report.standing, report.vector)) {
    peer.trusted_after.reset();
    forget_strangers();
    anti_entropy_.forget(peer.member.name);
    start_targets_.erase(peer.member.name);
    return;
  }
  if (!peer.trusted_after || peer.trusted_after->origin != report.replica) {
    peer.trusted_after = Dot{report.replica, report.vector[report.replica]};
    forget_strangers();
  }
}

/// What came of an id that no peer goes by, and has not found its place yet, comes by a pull, if it
/// is anywhere: here it would wait for ever.
void Replica::forget_strangers() {
  std::set<ReplicaId> known;
  for (const auto& [name, peer] : peers_.all()) {
    if (peer.trusted_after) known.insert(peer.trusted_after->origin);
  }
  for (const ReplicaId origin : streams_.origins()) {
    if (!known.contains(origin)) streams_.forget(origin);
  }
}

void Replica::judge_all_standings() {
  for (auto& [name, peer] : peers_.all()) judge_standing(peer);
}

/// What this disk holds may be older than what others have forgotten since: it is to be taken in
/// anew, under a new id.
void Replica::lose_admission(const std::string& why) {
  mint(why);
  if (is_being_admitted()) repair_.reset();  // what it keeps as its own may not be all of it
  if (planted(Defect::stay_admitted)) return;
  drop_what_peers_sent();  // by nodes that this one does not exchange with any more
  wire::Standing standing = ledger_.standing();
  standing.admitted = false;
  ledger_.set_standing(std::move(standing));
  for (auto& [name, peer] : peers_.all()) peer.trusted_after.reset();
}

void Replica::watch_admission() {
  const bool settled = ledger_.standing() == ledger_.durable().standing;
  if (ledger_.standing().admitted || !settled || !storage_ok_ || repair_) return;
  if (const Peer* peer = admitting_peer()) {
    if (is_equal_to(*peer)) {
      note(Note::Level::info, "admitted: the state is " + peer->member.name + "'s already");
      take_for_admitted(peer->report->standing.collected);
    } else {
      start_admission(*peer);
    }
  } else if (is_founder()) {
    note(Note::Level::info, "admitted: no member of the cluster was before");
    take_for_admitted(ledger_.standing().collected);
  }
}

/// As it stands. What waits here came from replicas that are not, which may take it back when they
/// are admitted in their turn.
void Replica::take_for_admitted(crdt::VersionVector collected) {
  drop_what_peers_sent();
  keeping_users_.clear();  // nothing is judged
  ledger_.set_standing({true, std::move(collected)});
  judge_all_standings();
}

/// One that is admitted; of several, one that has not let an admission stall last.
const Peer* Replica::admitting_peer() const {
  const Peer* found = nullptr;
  for (const auto& [name, peer] : peers_.all()) {
    const bool admits = peer.report && peer.report->standing.admitted && !peer.report->damaged &&
                        peer.is_heard(now_.monotonic_ms);
    if (admits && (!found || found->member.name == stalled_admission_)) found = &peer;
  }
  return found;
}

bool Replica::is_equal_to(const Peer& peer) const {
  const wire::StoreState& durable = ledger_.durable();
  const wire::NodeReport& report = *peer.report;
  return is_still() && !durable.damaged && durable.beyond.entries().empty() &&
         !report.holds_beyond && report.vector == durable.vector &&
         report.digest == durable.digest.to_string();
}

/// Where no member is admitted, all know so, and this is the one that is to be the first: by name,
/// of those that know of all that any has collected, if there are such.
bool Replica::is_founder() const {
  struct Candidate {
    const std::string* name;
    const crdt::VersionVector* vector;
    const wire::Standing* standing;
  };
  const wire::StoreState& durable = ledger_.durable();
  std::vector<Candidate> all = {{&options_.name, &durable.vector, &durable.standing}};
  for (const auto& [name, peer] : peers_.all()) {
    const bool counts = peer.report && !peer.report->standing.admitted &&
                        peer.report->epoch == options_.epoch && peer.is_heard(now_.monotonic_ms);
    if (!counts) return false;
    all.push_back({&name, &peer.report->vector, &peer.report->standing});
  }
  const auto rank = [&all](const Candidate& one) {
    const bool knows_all = std::all_of(all.begin(), all.end(), [&one](const Candidate& other) {
      return one.vector->covers(other.standing->collected);
    });
    return std::pair(!knows_all, *one.name);
  };
  return std::all_of(all.begin(), all.end(),
                     [&](const Candidate& other) { return rank(all.front()) <= rank(other); });
}

void Replica::start_admission(const Peer& peer) {
  drop_what_peers_sent();
  Repair admission;
  admission.kind = Repair::Kind::admission;
  admission.own_ids = {ledger_.replica()};
  admission.peer = peer.member.name;
  admission.id = random_.next();
  admission.progress_ms = now_.monotonic_ms;
  // What is staged may be of others that are not admitted: it is to be found on the disk.
  admission.list_after = ledger_.has_changes() ? last_ticket_ + 1 : in_flight_ ? last_ticket_ : 0;
  repair_ = std::move(admission);
  judge_all_standings();
  note(Note::Level::info, "taking the whole state from " + repair_->peer + " to be admitted");
  emit(AskPeer{repair_->peer, wire::RepairPull{repair_->id, {}, Repair::credit}});
  if (repair_->list_after == 0) list_own_users();
}

void Replica::list_own_users() {
  repair_->is_listing = true;
  emit(ListUsers{repair_->listed_to});
}

void Replica::on(UsersListed listed) {
  if (!is_being_admitted() || !repair_->is_listing || repair_->listed_to != listed.after) return;
  repair_->is_listing = false;
  repair_->progress_ms = now_.monotonic_ms;
  if (!listed.users) {
    note(Note::Level::error, "cannot list the users: " + listed.users.error().message);
    return repair_.reset();
  }
  repair_->all_listed = listed.users->size() < users_per_list;
  if (!listed.users->empty()) repair_->listed_to = listed.users->back();
  std::move(listed.users->begin(), listed.users->end(), std::back_inserter(repair_->own_users));
  drain_repair();
}

/// Takes in users of this disk whom the answer has passed over, before `user` or (null) all that
/// are left: the peer has nothing of them. False where it has to wait.
bool Replica::adopt_passed_over(const UserId* user) {
  while (true) {
    if (repair_->own_users.empty()) {
      if (repair_->all_listed) return true;
      const bool may_list = !repair_->is_listing && repair_->list_after == 0;
      if (may_list) list_own_users();
      return false;
    }
    const UserId own = repair_->own_users.front();
    if (user && own > *user) return true;
    if (!user || own < *user) {
      if (!adopt_user(own, {})) return false;
    }
    repair_->own_users.pop_front();
  }
}

/// The user's state becomes the peer's, with what this replica alone holds. True when sessions that
/// knew the former one are to ask anew.
bool Replica::adopt_as_admitted(DocumentCache::Entry& entry, const UserId& user,
                                const std::vector<crdt::Write>& theirs) {
  crdt::Document& document = entry.document;
  const bool was_empty = document.record_count() == 0;
  const bool is_told = was_empty && is_heard(user);
  Alone alone = set_aside(document, user, theirs);
  bool changed = alone.dropped;
  for (const crdt::Write& one : theirs) {
    const auto won = ledger_.apply(document, one, false);
    if (!repair_->theirs.covers(one.dot)) repair_->beyond.raise(one.dot.origin, one.dot.seq);
    changed = changed || !won.empty();
    if (!is_told) continue;
    auto events = events_of_write(document, one, won, ledger_.vector());
    if (!events.empty()) open_.held.push_back(Deliver{user, {}, std::move(events)});
  }
  write_anew(entry, user, std::move(alone));
  return changed && !was_empty;
}

/// Takes out of the document what is not the peer's as it stands, but for what this replica wrote
/// itself above the floor. What the peer has not judged is returned.
Replica::Alone Replica::set_aside(crdt::Document& document, const UserId& user,
                                  const std::vector<crdt::Write>& theirs) {
  Alone alone;
  if (document.records().empty()) return alone;  // as where an empty node is filled
  const RecordsByPath their_records(theirs);
  alone.floor = document.horizon().floor;
  for (const crdt::Write& one : theirs) {
    const crdt::Change& change = one.changes.front();
    if (change.payload.kind == crdt::RecordKind::floor) {
      alone.floor = std::max(alone.floor, one.stamp.version);
    }
  }
  std::vector<crdt::Path> gone;
  for (const auto& [path, record] : document.records()) {
    const crdt::Write* their_record = their_records.at(path);
    const bool same = is_same(record, their_record);
    if (same && their_record->dot == record.dot) continue;
    const bool is_judged = same || repair_->theirs.covers(record.dot);
    const bool is_own = repair_->own_ids.contains(record.dot.origin);
    if (!is_judged && is_own && alone.is_above_floor(record)) continue;
    if (is_judged && !same && planted(Defect::keep_what_was_judged)) continue;
    gone.push_back(path);
    if (same) replicated_acks_.move(record.dot, their_record->dot);
    if (is_judged) continue;
    crdt::Write& write = alone.writes[record.dot];
    write = {user, record.stamp, record.dot, record.from_batch, std::move(write.changes)};
    write.changes.push_back({path, record.payload});
  }
  for (const crdt::Path& path : gone) ledger_.drop(document, user, path);
  alone.dropped = !gone.empty();
  return alone;
}

/// With its own stamp above the floor, where every tombstone that could win over it still stands;
/// else just above the floor, and only where nothing of the peer's stands in the way.
void Replica::write_anew(DocumentCache::Entry& entry, const UserId& user, Alone alone) {
  const crdt::Document& document = entry.document;
  bool told_otherwise = false;
  for (auto& [dot, write] : alone.writes) {
    const crdt::Record record{write.stamp, dot, write.is_batch, write.changes.front().payload};
    if (alone.is_above_floor(record)) continue;
    told_otherwise = true;
    write.stamp.version = alone.floor + 1;
    std::erase_if(write.changes,
                  [&](const crdt::Change& change) { return !document.is_clear(change.path); });
  }
  for (auto& [dot, write] : alone.writes) {
    std::erase_if(write.changes, [&](const crdt::Change& change) {
      return document.judge(change.path, write.stamp, change.payload) != crdt::Verdict::wins;
    });
    if (write.changes.empty()) {
      replicated_acks_.move(dot, {});
      continue;
    }
    open_.peer_bytes += weight_of(write);
    replicated_acks_.move(dot, Dot{ledger_.replica(), ledger_.vector()[ledger_.replica()] + 1});
    write_own(entry, user, write.stamp, std::move(write.changes), write.is_batch);
  }
  if (told_otherwise) raise_generation(entry, user);
}

void Replica::raise_generation(DocumentCache::Entry& entry, const UserId& user) {
  const ReplicaId self = ledger_.replica();
  write_own(entry, user, crdt::horizon_stamp(entry.document.horizon().generations[self] + 1),
            {crdt::generation_change(self)}, false);
}

/// After a complete answer of a node that knows what they know, clients keep nothing else.
void Replica::note_keeping(const UserId& user, const wire::ClientEvent& answer) {
  const auto* delta = std::get_if<wire::Delta>(&answer);
  if (ledger_.standing().admitted || !delta) return;
  const bool keeps = !delta->complete || delta->position.behind;
  if (keeps && keeping_users_.size() < max_keeping_users) keeping_users_.insert(user);
}

void Replica::finish_admission() {
  ledger_.know_no_more_than(repair_->theirs, repair_->own_ids, std::move(repair_->beyond));
  replicated_acks_.keep_covered(ledger_.vector());
  for (const UserId& user : std::exchange(keeping_users_, {})) {
    open_.held.push_back(Dismiss{user});
  }
  ledger_.set_standing({true, repair_->standing.collected});
  ledger_.set_ages({});
  if (ledger_.is_damaged()) ledger_.mended();
  repair_needs_.stale_buckets.clear();
  note(Note::Level::info, "admitted by " + repair_->peer);
  stalled_admission_.clear();
  repair_.reset();
}

}  // namespace anabranch::cluster
