#include "tests/storage/store_conformance.h"

#include "crdt/document.h"
#include "storage/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

// What every Store keeps and tells of itself. (What it gives its peers:
// store_pull_conformance_test.cpp.)

namespace anabranch::storage {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

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

TEST_P(StoreConformance, WhatIsWrittenOftenInABatchEndsUpAsItWasLast) {
  const crdt::Record old = value_record({origin_a, 1}, "1");
  const crdt::Record second = value_record({origin_a, 2}, "2");
  const crdt::Record third = value_record({origin_a, 3}, "3");
  commit({put("alice", "x", old), put("alice", "z", old)});
  commit({erase("alice", "x", old), put("alice", "x", second), put("bob", "b", second),
          erase("alice", "x", second), put("alice", "x", third), erase("alice", "z", old)});
  const wire::UserRecords expected = {{path("x"), third}};
  EXPECT_EQ(load("alice"), expected);
  EXPECT_THAT(dots_of(pull_all(store(), {})), ElementsAre(Dot{origin_a, 2}, Dot{origin_a, 3}));
}

TEST_P(StoreConformance, ARecordMendedUnderItsDotKeepsItsPlaceInTheLog) {
  const crdt::Record rotten = value_record({origin_a, 1}, "1");
  const crdt::Record mended = value_record({origin_a, 1}, "2");
  commit({put("alice", "x", rotten)});
  commit({erase("alice", "x", rotten), put("alice", "x", mended)});
  EXPECT_EQ(load("alice").at(0).second, mended);
  EXPECT_THAT(dots_of(pull_all(store(), {})), ElementsAre(Dot{origin_a, 1}));
}

TEST_P(StoreConformance, TheSameWriteUnderALowerDotTakesOver) {
  const crdt::Record higher = value_record({origin_b, 1}, "1");
  const crdt::Record lower = value_record({origin_a, 1}, "1");
  commit({put("alice", "x", higher)});
  commit({erase("alice", "x", higher), put("alice", "x", lower)});
  EXPECT_THAT(dots_of(pull_all(store(), {})), ElementsAre(Dot{origin_a, 1}));
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

const StoreKind kinds[] = {
    {"Memory", [](const auto&) { return std::make_unique<MemoryStore>(ReplicaId{5}); }},
    {"Rocksdb", [](const auto& data) { return open_store(options_in(data)).store; }},
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, testing::ValuesIn(kinds),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace

}  // namespace anabranch::storage
