#include "tests/storage/store_conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// What every Store gives its peers.

namespace anabranch::storage {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreConformance, APullSkipsLogEntriesThatTheirRecordNoLongerStandsFor) {
  commit({put("alice", "x", value_record({origin_a, 1}, "1"))});
  commit({put("alice", "x", value_record({origin_a, 2}, "2", 2))});
  const auto writes = pull_all(store(), {});
  ASSERT_THAT(dots_of(writes), ElementsAre(Dot{origin_a, 2}));
  EXPECT_THAT(paths_of(writes[0]), ElementsAre("x"));
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

}  // namespace

}  // namespace anabranch::storage
