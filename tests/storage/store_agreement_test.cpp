#include "storage/memory_store.h"
#include "tests/storage/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

// The simulator runs on MemoryStore in the name of RocksDB: both must answer alike.

namespace anabranch::storage {

namespace {

// Each case opens and recovers a database, which takes a tenth of a second. The environment wins.
[[maybe_unused]] const int configured = setenv("RC_PARAMS", "max_success=30", 0);

const std::vector<UserId> users = {"a", "ab", "b"};
const std::vector<std::string> paths = {"x", "x.1", "x.10", "x.9", "y", "y.z"};

/// What stands, so that erases name records as they stood.
using Standing = std::map<std::pair<UserId, std::string>, crdt::Record>;

void replace(Standing& standing, wire::StoreBatch& batch, const UserId& user, const std::string& at,
             const crdt::Record& record) {
  const auto former = standing.find({user, at});
  if (former != standing.end()) batch.records.push_back(erase(user, at, former->second));
  batch.records.push_back(put(user, at, record));
  standing[{user, at}] = record;
}

void drop(Standing& standing, wire::StoreBatch& batch, const UserId& user, const std::string& at) {
  const auto former = standing.find({user, at});
  if (former == standing.end()) return;
  batch.records.push_back(erase(user, at, former->second));
  standing.erase(former);
}

/// A batch of one to four writes of random origins, each of one user.
wire::StoreBatch some_batch(Standing& standing, std::uint64_t& seq) {
  wire::StoreBatch batch;
  const int count = *rc::gen::inRange(1, 5);
  for (int i = 0; i < count; ++i) {
    const Dot dot{{*rc::gen::inRange<std::uint64_t>(1, 4)}, ++seq};
    const UserId user = *rc::gen::elementOf(users);
    for (const std::string& at : *rc::gen::unique<std::vector<std::string>>(
             *rc::gen::inRange<std::size_t>(1, 4), rc::gen::elementOf(paths))) {
      replace(standing, batch, user, at, value_record(dot, std::to_string(seq), seq));
    }
    if (*rc::gen::inRange(0, 4) == 0) {
      drop(standing, batch, *rc::gen::elementOf(users), *rc::gen::elementOf(paths));
    }
    if (*rc::gen::inRange(0, 3) != 0) batch.advanced.raise(dot.origin, dot.seq);
  }
  batch.totals.values = standing.size();
  return batch;
}

crdt::VersionVector some_vector(std::uint64_t greatest) {
  crdt::VersionVector vector;
  for (std::uint64_t origin = 1; origin <= 4; ++origin) {
    vector.raise({origin}, *rc::gen::inRange<std::uint64_t>(0, greatest + 2));
  }
  return vector;
}

void expect_same_state(const wire::StoreState& left, const wire::StoreState& right) {
  RC_ASSERT(left.vector == right.vector);
  RC_ASSERT(left.beyond == right.beyond);
  RC_ASSERT(left.totals == right.totals);
}

RC_GTEST_PROP(StoreAgreement, BothStoresAnswerAlike, ()) {
  TemporaryDirectory directory(memory_backed());
  const OpenedStore on_disk = open_store(options_in(directory.path()));
  MemoryStore in_memory(ReplicaId{5});
  Standing standing;
  std::uint64_t seq = 0;
  const int batches = *rc::gen::inRange(1, 20);
  for (int i = 0; i < batches; ++i) {
    const wire::StoreBatch batch = some_batch(standing, seq);
    RC_ASSERT(on_disk.store->commit(batch).has_value());
    RC_ASSERT(in_memory.commit(batch).has_value());
  }
  for (const UserId& user : users) {
    RC_ASSERT(on_disk.store->load_user(user).value() == in_memory.load_user(user).value());
  }
  for (int i = 0; i < 3; ++i) {
    const crdt::VersionVector asked = some_vector(seq);
    const auto bytes = *rc::gen::inRange<std::size_t>(1, 500);
    RC_ASSERT(pull_all(*on_disk.store, asked, bytes) == pull_all(in_memory, asked, bytes));
  }
  RC_ASSERT(on_disk.store->recover().has_value());
  RC_ASSERT(in_memory.recover().has_value());
  expect_same_state(on_disk.store->state(), in_memory.state());
}

}  // namespace

}  // namespace anabranch::storage
