#include "cluster/ledger.h"

#include "base/defects.h"

#include <utility>

namespace anabranch::cluster {

Ledger::Ledger(wire::StoreState state) : staged_(state), durable_(std::move(state)) {}

void Ledger::mint(ReplicaId replica) {
  staged_.replica = replica;
  batch_.replica = replica;
}

std::vector<crdt::Change> Ledger::apply(crdt::Document& document, const crdt::Write& write,
                                        bool advance) {
  const bool was_empty = document.record_count() == 0;
  std::vector<crdt::Change> won;
  won.reserve(write.changes.size());
  for (const crdt::Change& change : write.changes) {
    crdt::Record record{write.stamp, write.dot, write.is_batch, change.payload};
    crdt::Document::Merged merged = document.merge(change.path, record);
    if (merged.replaced) erase(write.user, change.path, *std::move(merged.replaced));
    for (auto& [path, former] : merged.removed) {
      erase(write.user, std::move(path), std::move(former));
    }
    if (merged.stored) put(write.user, change.path, std::move(record));
    if (merged.verdict == crdt::Verdict::wins) won.push_back(change);
    if (planted(Defect::half_a_batch)) break;
  }
  if (was_empty && document.record_count() > 0) ++staged_.totals.users;

  const Dot dot = write.dot;
  if (advance) {
    if (staged_.vector.raise(dot.origin, dot.seq)) batch_.advanced.raise(dot.origin, dot.seq);
    if (!staged_.beyond.entries().empty()) forget_covered_beyond();
  } else if (!staged_.vector.covers(dot)) {
    staged_.beyond.raise(dot.origin, dot.seq);
    ++beyond_raises_;
  }
  return won;
}

void Ledger::drop(crdt::Document& document, const UserId& user, const crdt::Path& path) {
  const auto found = document.records().find(path);
  if (found == document.records().end()) return;
  const bool counts = !crdt::is_of_horizon(found->second.payload.kind);
  erase(user, found->first, found->second);
  document.drop(path);
  if (counts && document.record_count() == 0) --staged_.totals.users;
}

void Ledger::collect(crdt::Document& document, const UserId& user, const crdt::Path& path) {
  const crdt::Record* record = document.find(path);
  if (!record) return;
  wire::Standing standing = staged_.standing;
  standing.collected.raise(record->dot.origin, record->dot.seq);
  drop(document, user, path);
  set_standing(std::move(standing));
}

void Ledger::set_standing(wire::Standing standing) {
  if (standing == staged_.standing) return;
  batch_.standing = standing;
  staged_.standing = std::move(standing);
}

void Ledger::set_ages(std::vector<wire::AgeMark> ages) {
  batch_.ages = ages;
  staged_.ages = std::move(ages);
}

void Ledger::correct(const wire::ScrubFindings& findings) {
  for (const auto& [bucket, difference] : findings.differences) {
    staged_.digest.add(bucket, difference);
    batch_.digests[bucket] = staged_.digest.bucket(bucket);
  }
  staged_.totals.users += findings.excess.users;
  staged_.totals.values += findings.excess.values;
  staged_.totals.tombstones += findings.excess.tombstones;
  staged_.totals.bytes += findings.excess.bytes;
  batch_.damaged = staged_.damaged = true;
}

void Ledger::mended() { batch_.damaged = staged_.damaged = false; }

void Ledger::join(const crdt::VersionVector& vector) {
  for (const auto& [origin, seq] : vector.entries()) {
    if (staged_.vector.raise(origin, seq)) batch_.advanced.raise(origin, seq);
  }
  forget_covered_beyond();
}

void Ledger::know_log_ends(const crdt::VersionVector& ends) {
  durable_.beyond = uncovered(ends, durable_.vector);
  staged_.beyond = durable_.beyond;
}

void Ledger::know_no_more_than(const crdt::VersionVector& vector, const std::set<ReplicaId>& but,
                               crdt::VersionVector beyond) {
  staged_.beyond = std::move(beyond);
  ++beyond_raises_;
  const crdt::VersionVector former = staged_.vector;
  for (const auto& [origin, seq] : former.entries()) {
    if (but.contains(origin) || seq <= vector[origin]) continue;
    staged_.vector.forget(origin);
    batch_.forgotten.insert(origin);
    batch_.advanced.forget(origin);
  }
  join(vector);
}

Ledger::Staged Ledger::take() {
  batch_.totals = staged_.totals;
  return {std::make_shared<const wire::StoreBatch>(std::exchange(batch_, {})), staged_.beyond};
}

void Ledger::settled(const Staged& staged) {
  const wire::StoreBatch& batch = *staged.batch;
  for (const ReplicaId origin : batch.forgotten) durable_.vector.forget(origin);
  durable_.vector.join(batch.advanced);
  for (const auto& [bucket, sum] : batch.digests) durable_.digest.set(bucket, sum);
  durable_.totals = batch.totals;
  durable_.beyond = staged.beyond;
  if (batch.replica) durable_.replica = *batch.replica;
  if (batch.damaged) durable_.damaged = *batch.damaged;
  if (batch.standing) durable_.standing = *batch.standing;
  if (batch.ages) durable_.ages = *batch.ages;
}

void Ledger::roll_back() { go_back_to(durable_); }

void Ledger::reset(wire::StoreState state) { go_back_to(std::move(state)); }

/// A new id and a loss of admission are not undone: there was reason for them.
void Ledger::go_back_to(wire::StoreState state) {
  const ReplicaId replica = staged_.replica;
  const bool lost_admission = durable_.standing.admitted && !staged_.standing.admitted;
  durable_ = std::move(state);
  staged_ = durable_;
  batch_ = {};
  if (replica != durable_.replica) mint(replica);
  if (lost_admission) set_standing({false, durable_.standing.collected});
}

void Ledger::erase(const UserId& user, crdt::Path path, crdt::Record record) {
  account(user, path, record, -1);
  batch_.records.push_back(
      {wire::RecordChange::Kind::erase, user, std::move(path), std::move(record)});
}

void Ledger::put(const UserId& user, crdt::Path path, crdt::Record record) {
  account(user, path, record, +1);
  batch_.records.push_back(
      {wire::RecordChange::Kind::put, user, std::move(path), std::move(record)});
}

void Ledger::account(const UserId& user, const crdt::Path& path, const crdt::Record& record,
                     int sign) {
  if (!crdt::is_of_horizon(record.payload.kind)) {
    const bool is_value = record.payload.kind == crdt::RecordKind::value;
    (is_value ? staged_.totals.values : staged_.totals.tombstones) += sign;
    staged_.totals.bytes += sign * crdt::Document::cost_of(path, record.payload);
  }

  const Uint128 hash = crdt::digest_of(user, path, record);
  if (hash == 0) return;
  const std::size_t bucket = crdt::StateDigest::bucket_of(user);
  if (sign > 0) {
    staged_.digest.add(bucket, hash);
  } else {
    staged_.digest.subtract(bucket, hash);
  }
  batch_.digests[bucket] = staged_.digest.bucket(bucket);
}

void Ledger::forget_covered_beyond() { staged_.beyond = uncovered(staged_.beyond, staged_.vector); }

}  // namespace anabranch::cluster
