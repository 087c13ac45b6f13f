#include "base/defects.h"
#include "cluster/ages.h"
#include "cluster/replica.h"
#include "crdt/horizon.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace anabranch::cluster {

namespace {

constexpr std::int64_t min_pass_interval_ms = 100;
constexpr std::int64_t max_pass_interval_ms = std::int64_t{6} * 60 * 60 * 1000;

}  // namespace

/// The clock by which tombstones age: the wall's when the process began, and even since then.
std::int64_t Replica::aging_ms() const {
  return started_wall_ms_ + (now_.monotonic_ms - started_ms_);
}

void Replica::watch_collection() {
  if (!storage_ok_ || !ledger_.standing().admitted) {
    collection_.cut.reset();
    collection_.forget_passes();
    retired_.reset();
    return;
  }
  const std::int64_t retention = options_.tombstone_retention_ms;
  const bool has_tombstones = ledger_.durable().totals.tombstones > 0;
  if (has_tombstones) {
    std::vector<wire::AgeMark> ages = ledger_.ages();
    const bool changed = note_age(ages, ledger_.durable().vector, aging_ms(), retention);
    if (changed) ledger_.set_ages(std::move(ages));
  }
  collection_.cut.update(peers_.all(), options_.epoch, ledger_.durable());
  settle_passes();
  retire_origins();
  if (collection_.pass || now_.monotonic_ms < collection_.next_pass_ms) return;
  collection_.next_pass_ms =
      now_.monotonic_ms + interval_within(retention, min_pass_interval_ms, max_pass_interval_ms);
  const crdt::VersionVector* expired = older_than(ledger_.ages(), aging_ms(), retention);
  if (!expired || !has_tombstones) return;
  collection_.pass.emplace();
  collection_.pass->id = ++collection_.last_id;
  collection_.pass->expired = *expired;
  emit(FindTombstones{collection_.pass->id, *expired});
}

void Replica::settle_passes() {
  const auto& cut = collection_.cut.get();
  if (!cut) collection_.settled = {};  // a member is another: it may not have the floors
  auto& passed = collection_.passed;
  while (cut && !passed.empty() && cut->covers(passed.front().vector)) {
    collection_.settled = std::move(passed.front().expired);
    passed.pop_front();
  }
}

void Replica::retire_origins() {
  std::set<ReplicaId> running = {ledger_.replica()};
  for (const auto& [name, peer] : peers_.all()) {
    if (peer.report) running.insert(peer.report->replica);
  }
  retired_.update(collection_.cut.get(), ledger_.durable().vector, running);
}

void Replica::on(TombstonesFound found) {
  std::optional<CollectionPass>& pass = collection_.pass;
  if (!pass || pass->id != found.id) return;
  if (!found.tombstones) {
    note(Note::Level::error, "cannot look for tombstones: " + found.tombstones.error().message);
    return pass.reset();
  }
  pass->asked = false;
  pass->last = found.last;
  std::move(found.tombstones->begin(), found.tombstones->end(), std::back_inserter(pass->found));
  drain_collection();
}

void Replica::drain_collection() {
  std::optional<CollectionPass>& pass = collection_.pass;
  while (pass && !pass->asked && may_apply_peer_writes() && ledger_.standing().admitted) {
    if (pass->found.empty()) {
      if (pass->last) return end_pass();
      pass->asked = true;
      return emit(FindTombstones{pass->id, {}});
    }
    const UserId user = pass->found.front().user;
    DocumentCache::Entry* entry = loaded(user);
    if (!entry) return;
    std::vector<crdt::Write> tombstones;
    while (!pass->found.empty() && pass->found.front().user == user) {
      open_.peer_bytes += weight_of(pass->found.front());
      tombstones.push_back(std::move(pass->found.front()));
      pass->found.pop_front();
    }
    collect(*entry, user, tombstones);
  }
}

void Replica::end_pass() {
  if (collection_.passed.size() == Collection::max_passed) collection_.passed.pop_front();
  collection_.passed.push_back({std::move(collection_.pass->expired), ledger_.vector()});
  collection_.pass.reset();
}

/// `tombstones`: of the user, old enough when they were looked for.
void Replica::collect(DocumentCache::Entry& entry, const UserId& user,
                      const std::vector<crdt::Write>& tombstones) {
  const crdt::Document& document = entry.document;
  std::uint64_t highest = 0;
  std::map<ReplicaId, std::uint64_t> last_collected;
  std::vector<crdt::Path> collectable;
  for (const crdt::Write& tombstone : tombstones) {
    const crdt::Path& path = tombstone.changes.front().path;
    const crdt::Record* record = document.find(path);
    const bool stands = record && record->dot == tombstone.dot &&
                        record->payload.kind == crdt::RecordKind::tombstone;
    if (!stands) continue;
    highest = std::max(highest, record->stamp.version);
    if (!may_collect(document, path, *record)) continue;
    collectable.push_back(path);
    std::uint64_t& last = last_collected[record->dot.origin];
    last = std::max(last, record->dot.seq);
  }
  if (highest > document.horizon().floor && !planted(Defect::collect_before_the_floor)) {
    write_own(entry, user, crdt::horizon_stamp(highest), {crdt::floor_change()}, false);
    ++counters_.floors_raised;
  }
  for (const crdt::Path& path : collectable) ledger_.collect(entry.document, user, path);
  counters_.tombstones_collected += collectable.size();
  for (const auto& [origin, seq] : last_collected) {
    if (document.horizon().collected[origin] >= seq) continue;
    write_own(entry, user, crdt::horizon_stamp(seq), {crdt::collected_change(origin)}, false);
  }
  if (!collectable.empty()) keep_document(user);
  documents_.reweigh(user);
}

/// Every member has it, and a floor that keeps out whatever it would have won over.
bool Replica::may_collect(const crdt::Document& document, const crdt::Path& path,
                          const crdt::Record& tombstone) const {
  const auto& cut = collection_.cut.get();
  if (!cut || !cut->covers(tombstone.dot)) return false;
  const bool floor_is_known = collection_.settled.covers(tombstone.dot) &&
                              document.horizon().floor >= tombstone.stamp.version;
  if (!floor_is_known && !planted(Defect::collect_before_the_floor)) return false;
  return !document.ancestor_value_holds(path) || planted(Defect::collect_what_is_held_above);
}

}  // namespace anabranch::cluster
