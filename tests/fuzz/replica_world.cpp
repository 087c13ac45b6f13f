#include "tests/fuzz/replica_world.h"

#include "crdt/digest.h"
#include "crdt/document.h"
#include "crdt/materialise.h"
#include "tests/fuzz/json.h"
#include "tests/fuzz/require.h"
#include "wire/canonical_json.h"
#include "wire/limits.h"

#include <map>
#include <utility>
#include <variant>

namespace anabranch::fuzz {

namespace {

/// The token of this world's own reads; clients' sessions have none.
constexpr std::uint64_t read_token = 1;

/// The document that a user's records make, whichever order they are merged in.
crdt::Document document_of(const wire::UserRecords& records) {
  crdt::Document document;
  for (auto at = records.rbegin(); at != records.rend(); ++at)
    document.merge(at->first, at->second);
  FUZZ_REQUIRE(document.records().size() == records.size());
  return document;
}

}  // namespace

ReplicaWorld::ReplicaWorld(cluster::ReplicaOptions options, Hear hear)
    : replica_(std::move(options), store_.state(), random_, now_), hear_(std::move(hear)) {}

void ReplicaWorld::step(cluster::Input input) {
  replica_.step(std::move(input), now_);
  flush();
}

void ReplicaWorld::pass(std::int64_t ms) {
  now_.wall_ms += ms;
  now_.monotonic_ms += ms;
  step(cluster::Tick{});
}

void ReplicaWorld::fail_next_commit(storage::FailedCommit outcome) {
  store_.fail_commits(1, outcome);
}

void ReplicaWorld::flush() {
  while (true) {
    replica_.flush(now_);
    for (cluster::Effect& effect : replica_.take_effects()) carry_out(effect);
    if (loads_.empty()) return;
    for (const cluster::LoadUser& load : std::exchange(loads_, {}))
      replica_.step(answer(load), now_);
  }
}

cluster::Input ReplicaWorld::answer(const cluster::LoadUser& load) const {
  if (!load.request) return cluster::UserLoaded{load.user, store_.load_user(load.user)};
  auto state = cluster::StoredStateReader().read(
      *load.request,
      [&](const crdt::RecordVisitor& visit) { return store_.visit_user(load.user, visit); });
  return cluster::StateLoaded{load.user, *load.request, std::move(state)};
}

void ReplicaWorld::carry_out(cluster::Effect& effect) {
  if (auto* load = std::get_if<cluster::LoadUser>(&effect)) {
    loads_.push_back(std::move(*load));
  } else if (auto* commit = std::get_if<cluster::Commit>(&effect)) {
    FUZZ_REQUIRE(!commit_);
    commit_ = std::move(*commit);
  } else if (auto* recover = std::get_if<cluster::RecoverStore>(&effect)) {
    FUZZ_REQUIRE(!recovery_);
    recovery_ = std::move(*recover);
  } else if (auto* read = std::get_if<cluster::StateReadAnswer>(&effect)) {
    FUZZ_REQUIRE(read->token == read_token && read->state && *read->state);
    state_read_ = std::move(**read->state);
  } else {
    hear_(effect);
  }
}

void ReplicaWorld::let_disk_work() {
  if (const auto commit = std::exchange(commit_, {})) {
    const bool ok = store_.commit(*commit->batch).has_value();
    step(cluster::Committed{commit->ticket, ok});
  } else if (const auto recovery = std::exchange(recovery_, {})) {
    recover(*recovery);
  }
}

void ReplicaWorld::recover(const cluster::RecoverStore& recovery) {
  FUZZ_REQUIRE(store_.recover());
  cluster::StoreRecovered recovered;
  recovered.state = store_.state();
  recovered.resurfaced = all_writes(recovery.vector);
  step(std::move(recovered));
}

void ReplicaWorld::settle() {
  while (commit_ || recovery_) let_disk_work();
}

std::vector<crdt::Write> ReplicaWorld::all_writes(const crdt::VersionVector& beyond) const {
  const auto pull = store_.open_pull(beyond);
  FUZZ_REQUIRE(pull);
  std::vector<crdt::Write> writes;
  for (bool last = false; !last;) {
    auto piece = (*pull)->next(wire::pull_piece_bytes);
    FUZZ_REQUIRE(piece);
    for (crdt::Write& write : piece->writes) writes.push_back(std::move(write));
    last = piece->last;
  }
  return writes;
}

std::string ReplicaWorld::read_state(const UserId& user) {
  step(cluster::StateRead{read_token, user, {}});
  settle();
  FUZZ_REQUIRE(state_read_);
  return *std::exchange(state_read_, {});
}

void ReplicaWorld::check() {
  settle();
  std::map<UserId, std::size_t> logged;
  for (const crdt::Write& write : all_writes({})) logged[write.user] += write.changes.size();

  crdt::StateDigest digest;
  wire::StateTotals totals;
  for (const auto& [user, count] : logged) {
    const auto records = store_.load_user(user);
    FUZZ_REQUIRE(records && records->size() == count);
    const crdt::Document document = document_of(*records);
    for (const auto& [path, record] : *records) {
      digest.add(crdt::StateDigest::bucket_of(user), crdt::digest_of(user, path, record));
    }
    ++totals.users;
    totals.values += document.value_count();
    totals.tombstones += document.tombstone_count();
    totals.bytes += document.value_bytes();

    const std::string state = crdt::materialise(document);
    // A state may nest deeper than any one value, and is then no value itself.
    FUZZ_REQUIRE(is_json(state));
    const auto canonical = wire::canonicalise(state);
    FUZZ_REQUIRE(!canonical || *canonical == state);
    FUZZ_REQUIRE(read_state(user) == state);
  }
  const cluster::ReplicaStatus status = replica_.status(now_);
  FUZZ_REQUIRE(status.storage_ok);
  FUZZ_REQUIRE(status.digest == digest.to_string());
  FUZZ_REQUIRE(status.totals == totals);
  const wire::StoreState on_disk = store_.copy()->state();
  FUZZ_REQUIRE(status.digest == on_disk.digest.to_string());
  FUZZ_REQUIRE(status.totals == on_disk.totals && status.vector == on_disk.vector);
  FUZZ_REQUIRE(status.replica == on_disk.replica);
}

}  // namespace anabranch::fuzz
