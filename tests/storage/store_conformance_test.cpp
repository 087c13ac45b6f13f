#include "crdt/document.h"
#include "storage/memory_store.h"
#include "tests/storage/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <thread>
#include <utility>

// What every Store promises, run on each of them.

namespace anabranch::storage {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr ReplicaId origin_a{10};
constexpr ReplicaId origin_b{20};
constexpr ReplicaId origin_c{30};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Store>(const std::filesystem::path&)> make;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

class StoreConformance : public testing::TestWithParam<Kind> {
 protected:
  Store& store() { return *store_; }

  void commit(std::vector<wire::RecordChange> changes) { commit(batch_of(std::move(changes))); }
  void commit(const wire::StoreBatch& batch) {
    const auto committed = store_->commit(batch);
    ASSERT_TRUE(committed) << committed.error().message;
  }

  wire::UserRecords load(const UserId& user) { return store_->load_user(user).value(); }

 private:
  TemporaryDirectory directory_{memory_backed()};
  std::unique_ptr<Store> store_ = GetParam().make(directory_.path() / "data");
};

std::vector<Dot> dots_of(const std::vector<crdt::Write>& writes) {
  std::vector<Dot> dots;
  for (const crdt::Write& write : writes) dots.push_back(write.dot);
  return dots;
}

std::vector<std::string> paths_of(const crdt::Write& write) {
  std::vector<std::string> paths;
  for (const crdt::Change& change : write.changes) paths.push_back(change.path.text());
  return paths;
}

TEST_P(StoreConformance, ANewStoreHoldsNothing) {
  const wire::StoreState state = store().state();
  EXPECT_NE(state.replica.value, 0u);
  EXPECT_EQ(state.vector, crdt::VersionVector());
  EXPECT_EQ(state.digest, crdt::StateDigest());
  EXPECT_EQ(state.totals, wire::StateTotals());
  EXPECT_EQ(state.beyond, crdt::VersionVector());
  EXPECT_THAT(load("nobody"), IsEmpty());
  EXPECT_THAT(pull_all(store(), {}), IsEmpty());
}

TEST_P(StoreConformance, RecordsComeBackAsTheyWereInPathOrder) {
  crdt::Record unknown = value_record({origin_a, 2}, std::string("\0\xff opaque", 9), 7);
  unknown.payload.kind = static_cast<crdt::RecordKind>(200);
  crdt::Record part = value_record({origin_a, 1}, "[1,2]", crdt::max_version);
  part.from_batch = true;
  part.stamp.timestamp_ms = -5;
  part.stamp.tab = std::string(128, 't');
  const crdt::Record deleted = tombstone_record({origin_b, 9}, 3);
  commit({put("alice", "list.10", part), put("alice", "list.2", unknown),
          put("alice", "list", deleted)});
  const wire::UserRecords expected = {
      {path("list"), deleted}, {path("list.2"), unknown}, {path("list.10"), part}};
  EXPECT_EQ(load("alice"), expected);
}

TEST_P(StoreConformance, UsersDoNotMixEvenWhenOneNameBeginsAnother) {
  commit({put("a", "x", value_record({origin_a, 1}, "1")),
          put("ab", "x", value_record({origin_a, 2}, "2")),
          put("a ", "x", value_record({origin_a, 3}, "3"))});
  EXPECT_THAT(load("a"), SizeIs(1));
  EXPECT_EQ(load("a").at(0).second.payload.value.text(), "1");
  EXPECT_EQ(load("ab").at(0).second.payload.value.text(), "2");
  EXPECT_EQ(load("a ").at(0).second.payload.value.text(), "3");
}

TEST_P(StoreConformance, ErasedRecordsAreGoneFromUserAndPull) {
  const crdt::Record first = value_record({origin_a, 1}, "1");
  commit({put("alice", "x", first), put("alice", "y", value_record({origin_a, 2}, "2"))});
  commit({erase("alice", "x", first)});
  EXPECT_THAT(load("alice"), SizeIs(1));
  EXPECT_THAT(dots_of(pull_all(store(), {})), ElementsAre(Dot{origin_a, 2}));
}

TEST_P(StoreConformance, ChangesOfABatchApplyInTheirOrder) {
  const crdt::Record old = value_record({origin_a, 1}, "1");
  const crdt::Record young = value_record({origin_a, 2}, "2");
  commit({put("alice", "x", old)});
  commit({erase("alice", "x", old), put("alice", "x", young), put("alice", "y", young),
          erase("alice", "y", young)});
  const wire::UserRecords expected = {{path("x"), young}};
  EXPECT_EQ(load("alice"), expected);
  EXPECT_THAT(dots_of(pull_all(store(), {})), ElementsAre(Dot{origin_a, 2}));
}

TEST_P(StoreConformance, TheSameWriteUnderALowerDotTakesOver) {
  const crdt::Record higher = value_record({origin_b, 1}, "1");
  const crdt::Record lower = value_record({origin_a, 1}, "1");
  commit({put("alice", "x", higher)});
  commit({erase("alice", "x", higher), put("alice", "x", lower)});
  EXPECT_THAT(dots_of(pull_all(store(), {})), ElementsAre(Dot{origin_a, 1}));
}

TEST_P(StoreConformance, APullSkipsLogEntriesThatTheirRecordNoLongerStandsFor) {
  commit({put("alice", "x", value_record({origin_a, 1}, "1"))});
  commit({put("alice", "x", value_record({origin_a, 2}, "2", 2))});
  const auto writes = pull_all(store(), {});
  ASSERT_THAT(dots_of(writes), ElementsAre(Dot{origin_a, 2}));
  EXPECT_THAT(paths_of(writes[0]), ElementsAre("x"));
}

TEST_P(StoreConformance, StateIsWhatWasFoundWhenItWasOpenedOrRecovered) {
  const wire::StoreState before = store().state();
  wire::StoreBatch batch = batch_of({put("alice", "x", value_record({origin_a, 4}, "1"))});
  batch.totals = {1, 2, 3, 4};
  batch.digests[0] = 17;
  batch.digests[255] = static_cast<Uint128>(0) - 1;
  batch.replica = ReplicaId{77};
  commit(batch);
  commit({put("alice", "y", value_record({origin_b, 6}, "1"))});
  EXPECT_EQ(store().state().vector, before.vector);
  EXPECT_EQ(store().state().replica, before.replica);

  wire::StoreBatch last;
  last.totals = {5, 6, 7, 8};
  commit(last);
  ASSERT_TRUE(store().recover());
  const wire::StoreState after = store().state();
  EXPECT_EQ(after.replica, ReplicaId{77});
  EXPECT_EQ(after.vector[origin_a], 4u);
  EXPECT_EQ(after.vector[origin_b], 6u);
  EXPECT_EQ(after.totals, (wire::StateTotals{5, 6, 7, 8}));
  EXPECT_TRUE(after.digest.bucket(0) == 17);
  EXPECT_TRUE(after.digest.bucket(255) == static_cast<Uint128>(0) - 1);
  EXPECT_EQ(after.beyond, crdt::VersionVector());
}

TEST_P(StoreConformance, StateNamesWhatItHoldsBeyondItsVector) {
  wire::StoreBatch batch;
  batch.records = {put("alice", "a", value_record({origin_a, 3}, "1")),
                   put("alice", "b", value_record({origin_a, 8}, "1")),
                   put("alice", "c", value_record({origin_b, 5}, "1")),
                   put("alice", "d", value_record({origin_c, 2}, "1"))};
  batch.advanced.raise(origin_a, 5);
  batch.advanced.raise(origin_b, 5);
  commit(batch);
  ASSERT_TRUE(store().recover());
  crdt::VersionVector expected;
  expected.raise(origin_a, 8);
  expected.raise(origin_c, 2);
  EXPECT_EQ(store().state().beyond, expected);
}

TEST_P(StoreConformance, APullGivesAllThatTheAskerLacksOfAllOrigins) {
  wire::StoreBatch batch;
  for (const ReplicaId origin : {origin_c, origin_a, origin_b}) {
    for (std::uint64_t seq = 1; seq <= 4; ++seq) {
      const std::string at = origin.to_string() + std::to_string(seq);
      batch.records.push_back(put("alice", at, value_record({origin, seq}, "1")));
    }
  }
  batch.advanced.raise(origin_a, 2);
  commit(batch);
  crdt::VersionVector asked;
  asked.raise(origin_a, 2);
  asked.raise(origin_c, 4);
  asked.raise(ReplicaId{1}, 5);
  asked.raise(ReplicaId{99}, 5);
  EXPECT_THAT(dots_of(pull_all(store(), asked)),
              ElementsAre(Dot{origin_a, 3}, Dot{origin_a, 4}, Dot{origin_b, 1}, Dot{origin_b, 2},
                          Dot{origin_b, 3}, Dot{origin_b, 4}));
}

TEST_P(StoreConformance, APullCopesWithTheGreatestNumbers) {
  constexpr std::uint64_t greatest = ~std::uint64_t{0};
  commit({put("alice", "x", value_record({{greatest}, greatest}, "1")),
          put("alice", "y", value_record({origin_a, greatest}, "1"))});
  crdt::VersionVector asked;
  EXPECT_THAT(pull_all(store(), asked), SizeIs(2));
  asked.raise(origin_a, greatest);
  EXPECT_THAT(dots_of(pull_all(store(), asked)), ElementsAre(Dot{{greatest}, greatest}));
  asked.raise({greatest}, greatest);
  EXPECT_THAT(pull_all(store(), asked), IsEmpty());
}

TEST_P(StoreConformance, WhatSurvivesOfABatchTravelsAsOneWriteInPathOrder) {
  std::vector<wire::RecordChange> changes;
  for (const char* at : {"b", "a.10", "a.9", "c", "a"}) {
    crdt::Record record = value_record({origin_a, 1}, "1", 5);
    record.from_batch = true;
    changes.push_back(put("alice", at, record));
  }
  commit(changes);
  const crdt::Record newer = value_record({origin_b, 1}, "2", 6);
  commit({erase("alice", "b", changes[0].record), put("alice", "b", newer)});

  const auto writes = pull_all(store(), {}, 1);
  ASSERT_THAT(writes, SizeIs(2));
  EXPECT_THAT(paths_of(writes[0]), ElementsAre("a", "a.9", "a.10", "c"));
  EXPECT_TRUE(writes[0].is_batch);
  EXPECT_EQ(writes[0].user, "alice");
  EXPECT_EQ(writes[0].stamp, changes[0].record.stamp);
  EXPECT_THAT(paths_of(writes[1]), ElementsAre("b"));
  EXPECT_FALSE(writes[1].is_batch);
}

TEST_P(StoreConformance, PiecesHoldWholeWritesUpToTheirBoundAndTheLastOneSaysSo) {
  for (std::uint64_t seq = 1; seq <= 30; ++seq) {
    const std::string text = '"' + std::string(1000, 'x') + '"';
    commit({put("alice", std::to_string(seq), value_record({origin_a, seq}, text))});
  }
  const auto cursor = store().open_pull({}).value();
  std::vector<std::size_t> sizes;
  std::size_t writes = 0;
  for (bool last = false; !last;) {
    const PullCursor::Piece piece = cursor->next(10'000).value();
    sizes.push_back(piece.writes.size());
    writes += piece.writes.size();
    last = piece.last;
  }
  EXPECT_EQ(writes, 30u);
  ASSERT_GE(sizes.size(), 3u);
  EXPECT_LE(sizes[0], 10u);
  EXPECT_GE(sizes[0], 9u);
}

TEST_P(StoreConformance, AWriteLargerThanTheBoundTravelsWhole) {
  const std::string text = '"' + std::string(100'000, 'x') + '"';
  commit({put("alice", "a", value_record({origin_a, 1}, text)),
          put("alice", "b", value_record({origin_a, 1}, text)),
          put("alice", "c", value_record({origin_a, 2}, text))});
  const auto cursor = store().open_pull({}).value();
  const PullCursor::Piece first = cursor->next(1).value();
  ASSERT_THAT(first.writes, SizeIs(1));
  EXPECT_THAT(first.writes[0].changes, SizeIs(2));
  EXPECT_FALSE(first.last);
}

TEST_P(StoreConformance, APullOfNothingIsOneEmptyLastPiece) {
  commit({put("alice", "x", value_record({origin_a, 1}, "1"))});
  crdt::VersionVector asked;
  asked.raise(origin_a, 1);
  const auto cursor = store().open_pull(asked).value();
  const PullCursor::Piece piece = cursor->next(1000).value();
  EXPECT_THAT(piece.writes, IsEmpty());
  EXPECT_TRUE(piece.last);
}

TEST_P(StoreConformance, APullSeesTheMomentItWasOpened) {
  const crdt::Record first = value_record({origin_a, 1}, "1");
  commit({put("alice", "x", first)});
  const auto cursor = store().open_pull({}).value();
  const crdt::Record second = value_record({origin_a, 2}, "2", 2);
  commit({erase("alice", "x", first), put("alice", "x", second)});
  EXPECT_EQ(cursor->vector()[origin_a], 1u);
  const PullCursor::Piece piece = cursor->next(1000).value();
  EXPECT_THAT(dots_of(piece.writes), ElementsAre(Dot{origin_a, 1}));
  EXPECT_TRUE(piece.last);
}

TEST_P(StoreConformance, StandingAndAgesComeBackAsTheyWereLastPut) {
  wire::StoreBatch batch;
  batch.standing = wire::Standing{true, {}};
  batch.standing->collected.raise(origin_b, 9);
  batch.ages.emplace();
  batch.ages->push_back({1000, {}});
  batch.ages->push_back({2000, batch.standing->collected});
  commit(batch);
  EXPECT_EQ(store().open_pull({}).value()->standing(), *batch.standing);
  ASSERT_TRUE(store().recover());
  EXPECT_EQ(store().state().standing, *batch.standing);
  EXPECT_EQ(store().state().ages, *batch.ages);
}

TEST_P(StoreConformance, AForgottenOriginIsNoLongerCovered) {
  wire::StoreBatch batch;
  batch.advanced.raise(origin_a, 9);
  batch.advanced.raise(origin_b, 9);
  commit(batch);
  wire::StoreBatch forgets;
  forgets.forgotten = {origin_a, origin_b};
  forgets.advanced.raise(origin_b, 4);
  commit(forgets);
  ASSERT_TRUE(store().recover());
  EXPECT_EQ(store().state().vector[origin_a], 0u);
  EXPECT_EQ(store().state().vector[origin_b], 4u);
}

TEST_P(StoreConformance, UsersAreListedInOrderFromAPlaceOn) {
  commit({put("bob", "x", value_record({origin_a, 1}, "1")),
          put("alice", "x", value_record({origin_a, 2}, "1")),
          put("alice", "y", value_record({origin_a, 2}, "1")),
          put("alicia", "x", value_record({origin_a, 3}, "1"))});
  EXPECT_THAT(store().list_users("", 10).value(), ElementsAre("alice", "alicia", "bob"));
  EXPECT_THAT(store().list_users("", 2).value(), ElementsAre("alice", "alicia"));
  EXPECT_THAT(store().list_users("alice", 10).value(), ElementsAre("alicia", "bob"));
  EXPECT_THAT(store().list_users("alic", 1).value(), ElementsAre("alice"));
  EXPECT_THAT(store().list_users("bob", 10).value(), IsEmpty());
}

TEST_P(StoreConformance, TombstonesThatAVectorCoversAreFound) {
  commit({put("alice", "a", value_record({origin_a, 1}, "1")),
          put("alice", "b", tombstone_record({origin_a, 2})),
          put("alice", "c", tombstone_record({origin_a, 3})),
          put("bob", "a", tombstone_record({origin_b, 1}))});
  crdt::VersionVector covered;
  covered.raise(origin_a, 2);
  covered.raise(origin_b, 7);
  const auto piece = store().open_tombstones(covered).value()->next(1 << 20).value();
  EXPECT_TRUE(piece.last);
  EXPECT_THAT(dots_of(piece.writes), ElementsAre(Dot{origin_a, 2}, Dot{origin_b, 1}));
}

/// The sums of these records, as a batch has them.
std::map<std::size_t, Uint128> sums_of(const std::vector<wire::RecordChange>& changes) {
  std::map<std::size_t, Uint128> sums;
  for (const wire::RecordChange& change : changes) {
    sums[crdt::StateDigest::bucket_of(change.user)] +=
        crdt::digest_of(change.user, change.path, change.record);
  }
  return sums;
}

TEST_P(StoreConformance, BucketsThatDifferComeWithTombstonesOneRecordAtATime) {
  wire::StoreBatch batch = batch_of({put("alice", "a", value_record({origin_a, 1}, "1")),
                                     put("alice", "b", value_record({origin_a, 1}, "2")),
                                     put("alice", "c", tombstone_record({origin_b, 3})),
                                     put("bob", "x", value_record({origin_a, 2}, "3"))});
  ASSERT_NE(crdt::StateDigest::bucket_of("alice"), crdt::StateDigest::bucket_of("bob"));
  batch.digests = sums_of(batch.records);
  commit(batch);
  crdt::StateDigest theirs;
  for (const auto& [bucket, sum] : batch.digests) theirs.set(bucket, sum);
  EXPECT_THAT(store().open_buckets(theirs).value()->next(1 << 20).value().writes, IsEmpty());

  theirs.add(crdt::StateDigest::bucket_of("alice"), 1);
  const auto piece = store().open_buckets(theirs).value()->next(1 << 20).value();
  EXPECT_TRUE(piece.last);
  EXPECT_THAT(dots_of(piece.writes),
              ElementsAre(Dot{origin_a, 1}, Dot{origin_a, 1}, Dot{origin_b, 3}));
  for (const crdt::Write& write : piece.writes) EXPECT_EQ(write.user, "alice");
  EXPECT_THAT(store().open_buckets({}).value()->next(1 << 20).value().writes, SizeIs(4));
}

wire::ScrubFindings scrub(const Store& store) {
  const auto cursor = store.open_scrub().value();
  while (!cursor->step(1).value()) continue;
  return cursor->findings();
}

TEST_P(StoreConformance, AScrubFindsNothingWhereSumsAndTotalsAreRight) {
  wire::StoreBatch batch = batch_of({put("alice", "a", value_record({origin_a, 1}, "1")),
                                     put("alice", "b", tombstone_record({origin_a, 2})),
                                     put("bob", "x", value_record({origin_a, 3}, "3"))});
  batch.digests = sums_of(batch.records);
  batch.totals = {2, 2, 1, 0};
  for (const wire::RecordChange& change : batch.records) {
    batch.totals.bytes += crdt::Document::cost_of(change.path, change.record.payload);
  }
  commit(batch);
  EXPECT_THAT(scrub(store()).differences, IsEmpty());
  EXPECT_EQ(scrub(store()).excess, wire::StateTotals());
}

TEST_P(StoreConformance, AScrubFindsWhatIsNotAsItWasWritten) {
  wire::StoreBatch batch = batch_of({put("alice", "a", value_record({origin_a, 1}, "1"))});
  const std::size_t bucket = crdt::StateDigest::bucket_of("alice");
  batch.digests[bucket] = sums_of(batch.records)[bucket] + 5;
  batch.totals = {1, 2, 0, crdt::Document::cost_of(path("a"), batch.records[0].record.payload)};
  commit(batch);
  const wire::ScrubFindings found = scrub(store());
  EXPECT_EQ(found.differences, (std::map<std::size_t, Uint128>{{bucket, ~Uint128{0} - 4}}));
  EXPECT_EQ(found.excess.values, ~std::uint64_t{0}) << "one less than is kept";
}

TEST_P(StoreConformance, ReadsBesideCommitsSeeWholeBatches) {
  constexpr std::uint64_t batches = 200;
  std::thread committer([this] {
    for (std::uint64_t seq = 1; seq <= batches; ++seq) {
      const crdt::Record record = value_record({origin_a, seq}, "1");
      commit({put("alice", "left." + std::to_string(seq), record),
              put("alice", "right." + std::to_string(seq), record)});
    }
  });
  for (std::uint64_t known = 0; known < batches;) {
    EXPECT_EQ(load("alice").size() % 2, 0u);
    const auto cursor = store().open_pull({}).value();
    known = cursor->vector()[origin_a];
    const PullCursor::Piece piece = cursor->next(1 << 20).value();
    EXPECT_EQ(piece.writes.size(), known);
    for (const crdt::Write& write : piece.writes) EXPECT_THAT(write.changes, SizeIs(2));
  }
  committer.join();
}

TEST_P(StoreConformance, RecoverOnAHealthyStoreLosesNothing) {
  commit({put("alice", "x", value_record({origin_a, 1}, "1"))});
  ASSERT_TRUE(store().recover());
  commit({put("alice", "y", value_record({origin_a, 2}, "1"))});
  EXPECT_THAT(load("alice"), SizeIs(2));
}

const Kind kinds[] = {
    {"Memory", [](const auto&) { return std::make_unique<MemoryStore>(ReplicaId{5}); }},
    {"Rocksdb", [](const auto& data) { return open_store(options_in(data)).store; }},
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, testing::ValuesIn(kinds),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace

}  // namespace anabranch::storage
