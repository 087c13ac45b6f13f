#include "cluster/delivery.h"

#include "crdt/horizon.h"
#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const crdt::VersionVector all = vector_of({{origin_a, 99}, {origin_b, 99}});

class Delivery : public testing::Test {
 protected:
  void put(Dot dot, const crdt::Change& change, std::uint64_t version) {
    document.merge(change.path, record_of(dot, change, version));
  }

  /// Merges the write and says what everyone is told.
  std::vector<std::string> told(const crdt::Write& write, const crdt::VersionVector& vector = all) {
    std::vector<crdt::Change> won;
    for (const crdt::Change& change : write.changes) {
      const crdt::Record record{write.stamp, write.dot, write.is_batch, change.payload};
      const auto merged = document.merge(change.path, record);
      if (merged.verdict == crdt::Verdict::wins) won.push_back(change);
    }
    return describe(events_of_write(document, write, won, vector));
  }

  /// Judges the write of a client and says what follows the ack.
  std::vector<std::string> corrected(const wire::WriteRequest& request) {
    std::int64_t issued_ms = 0;
    const auto judged = judge_write(document, request, {}, 5000, issued_ms);
    for (const crdt::Change& change : judged->to_store) {
      document.merge(change.path, {judged->stamp, {origin_a, 50}, false, change.payload});
    }
    return describe(events_for_writer(document, *judged, all));
  }

  std::string answer(ClientRequest request, const crdt::VersionVector& vector = all) {
    return describe(answer_request(document, request, vector, retired));
  }

  crdt::Document document;
  RetiredOrigins retired;
};

TEST_F(Delivery, AWriteIsOneSync) {
  EXPECT_THAT(told(write_of({origin_a, 1}, {set("a", "1")})), ElementsAre("sync a=1 v1 A:1"));
  EXPECT_THAT(told(write_of({origin_a, 2}, {unset("a")}, 2)), ElementsAre("sync -a v2 A:2"));
}

TEST_F(Delivery, ABatchIsOneEventOfThoseThatWon) {
  put({origin_b, 1}, set("b", "9"), 9);
  EXPECT_THAT(told(write_of({origin_a, 1}, {set("a", "1"), set("b", "2"), unset("c")}, 3)),
              ElementsAre("batch a=1 -c v3 A:1"));
}

TEST_F(Delivery, ABatchThatLostWhollyIsNotTold) {
  put({origin_b, 1}, set("a", "9"), 9);
  EXPECT_THAT(told(write_of({origin_a, 1}, {set("a", "1"), set("a.b", "2")}, 3)), IsEmpty());
}

TEST_F(Delivery, WhatStandsBelowAWinnerFollowsItInPathOrder) {
  put({origin_b, 1}, set("a.10", "1"), 9);
  put({origin_b, 2}, set("a.9", "2"), 9);
  put({origin_b, 3}, unset("a.x"), 9);
  EXPECT_THAT(told(write_of({origin_a, 1}, {set("a", "{}")}, 3)),
              ElementsAre("sync a={} v3 A:1", "sync a.9=2 v9 B:2", "sync a.10=1 v9 B:1",
                          "sync -a.x v9 B:3"));
}

TEST_F(Delivery, WhatStandsBelowABatchIsToldOnceAndItsOwnPathsAreNot) {
  put({origin_b, 1}, set("a.b.c", "1"), 9);
  EXPECT_THAT(told(write_of({origin_a, 1}, {set("a", "{}"), set("a.b", "{}")}, 3)),
              ElementsAre("batch a={} a.b={} v3 A:1", "sync a.b.c=1 v9 B:1"));
}

TEST_F(Delivery, APathOfABatchComesAgainBelowARecordThatStandsBetween) {
  put({origin_b, 1}, set("a.b", "2"), 3);  // of the same stamp: a tab that was copied
  EXPECT_THAT(told(write_of({origin_a, 1}, {set("a", "{}"), set("a.b.c", "1")}, 3)),
              ElementsAre("batch a={} a.b.c=1 v3 A:1", "sync a.b=2 v3 B:1", "sync a.b.c=1 v3 A:1"));
}

TEST_F(Delivery, SoItDoesForTheWriter) {
  put({origin_b, 1}, set("a.b", "2"), 3);
  EXPECT_THAT(corrected(request_of({set("a", "{}"), set("a.b.c", "1")}, 3, 1000, "peer")),
              ElementsAre("sync a.b=2 v3 B:1", "sync a.b.c=1 v3 A:50"));
}

TEST_F(Delivery, ADotBeyondTheVectorIsNotTold) {
  put({origin_b, 7}, set("a.b", "1"), 9);
  EXPECT_THAT(told(write_of({origin_a, 1}, {set("a", "{}")}, 3), vector_of({{origin_a, 1}})),
              ElementsAre("sync a={} v3 A:1", "sync a.b=1 v9"));
}

TEST_F(Delivery, AKindThatClientsDoNotKnowIsKeptFromThem) {
  crdt::Write write = write_of({origin_a, 1}, {set("a", "1"), set("b", "2")});
  write.changes[0].payload.kind = static_cast<crdt::RecordKind>(7);
  EXPECT_THAT(told(write), ElementsAre("batch b=2 v1 A:1"));
  EXPECT_EQ(answer({}), R"(full {"b":2} v1 {A:99 B:99})");
}

TEST_F(Delivery, TheWinnersOverWhatLostAreToldToTheWriterWithWhatStandsBelowThem) {
  put({origin_b, 1}, set("a", "{}"), 5);
  put({origin_b, 2}, set("a.b", "2"), 7);
  put({origin_b, 3}, set("a.c", "3"), 6);
  EXPECT_THAT(corrected(request_of({set("a.b", "0")}, 4)),
              ElementsAre("sync a={} v5 B:1", "sync a.b=2 v7 B:2", "sync a.c=3 v6 B:3"));
}

TEST_F(Delivery, OfABatchThatLostInPartTheOwnPathsComeAgainOnlyBelowAWinner) {
  put({origin_b, 1}, set("a", "{}"), 4);
  // Equal stamps at a and below it both stand; at a, content decides.
  const auto request = request_of({set("a", "1"), set("a.b", "2"), set("c", "3")}, 4, 1000, "peer");
  EXPECT_THAT(corrected(request), ElementsAre("sync a={} v4 B:1", "sync a.b=2 v4 A:50"));
}

TEST_F(Delivery, ARepeatedWriteIsFollowedByWhatStandsBelowIt) {
  put({origin_b, 1}, set("a", "{}"), 4);
  put({origin_b, 2}, set("a.b", "2"), 7);
  EXPECT_THAT(corrected(request_of({set("a", "{}")}, 4, 1000, "peer")),
              ElementsAre("sync a.b=2 v7 B:2"));
}

// ---- requests

ClientRequest with_cursor(crdt::VersionVector cursor, std::vector<Dot> seen = {}) {
  ClientRequest request;
  request.cursor = wire::Cursor{std::move(cursor)};
  request.seen = std::move(seen);
  return request;
}

TEST_F(Delivery, WithoutACursorTheAnswerIsFullOrACompleteDelta) {
  put({origin_a, 1}, set("a", "1"), 4);
  put({origin_a, 2}, unset("b"), 5);
  EXPECT_EQ(answer({}), R"(full {"a":1} v5 {A:99 B:99})");
  ClientRequest request;
  request.want = wire::StateRequest::Want::delta;
  EXPECT_EQ(answer(request), "complete a=1 -b v5 {A:99 B:99}");
}

TEST_F(Delivery, WhoeverWantsFullGetsItWithACursorToo) {
  ClientRequest request = with_cursor({});
  request.want = wire::StateRequest::Want::full;
  EXPECT_EQ(answer(request), "full {} v0 {A:99 B:99}");
}

TEST_F(Delivery, ACursorAndSeenDotsAreKnownTogether) {
  put({origin_a, 1}, set("a", "1"), 1);
  put({origin_a, 2}, set("b", "2"), 2);
  put({origin_b, 1}, set("c", "3"), 3);
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 1}}))), "delta b=2 c=3 v3 {A:99 B:99}");
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 1}}), {{origin_b, 1}})),
            "delta b=2 v3 {A:99 B:99}");
}

TEST_F(Delivery, AChangedParentIsFollowedByAllThatStandsBelowIt) {
  put({origin_a, 1}, set("a.b", "1"), 9);
  put({origin_a, 2}, set("a.c.d", "2"), 9);
  put({origin_a, 3}, set("e", "3"), 9);
  put({origin_b, 1}, set("a", "{}"), 3);
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 3}}))),
            "delta a={} a.b=1 a.c.d=2 v9 {A:99 B:99}");
}

TEST_F(Delivery, BehindMeansThatTheClientKnowsMore) {
  const auto vector = vector_of({{origin_a, 5}});
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 5}})), vector), "delta v0 {A:5}");
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 6}})), vector), "delta v0 {A:5} behind");
  EXPECT_EQ(answer(with_cursor({}, {{origin_b, 1}}), vector), "delta v0 {A:5} behind");
}

TEST_F(Delivery, ARecordBeyondTheVectorIsToldWithoutItsDotEachTime) {
  put({origin_b, 7}, set("a", "1"), 1);
  const auto event = answer_request(document, with_cursor(vector_of({{origin_a, 5}})),
                                    vector_of({{origin_a, 5}}), retired);
  const auto& delta = std::get<wire::Delta>(event);
  ASSERT_EQ(delta.changes.size(), 1U);
  EXPECT_FALSE(delta.changes[0].dot);
}

// ---- what has been collected

class DeliveryOfCollected : public Delivery {
 protected:
  void put_part(Dot dot, const crdt::Change& part, std::uint64_t number) {
    document.merge(part.path, {crdt::horizon_stamp(number), dot, false, part.payload});
  }
};

TEST_F(DeliveryOfCollected, ACursorThatMissesACollectedDotGetsACompleteDelta) {
  put({origin_a, 1}, set("a", "1"), 1);
  put_part({origin_a, 6}, crdt::collected_change(origin_b), 4);
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 9}, {origin_b, 3}}))),
            "complete a=1 v1 {A:99 B:99}");
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 9}, {origin_b, 4}}))), "delta v1 {A:99 B:99}");
}

TEST_F(DeliveryOfCollected, SeenDotsCountAsKnown) {
  put_part({origin_a, 6}, crdt::collected_change(origin_b), 4);
  EXPECT_EQ(answer(with_cursor(vector_of({{origin_a, 9}}), {{origin_b, 4}})),
            "delta v0 {A:99 B:99}");
}

TEST_F(DeliveryOfCollected, ACursorOfAnotherGenerationGetsACompleteDelta) {
  put({origin_a, 1}, set("a", "1"), 1);
  put_part({origin_a, 6}, crdt::generation_change(origin_a), 2);
  put_part({origin_b, 6}, crdt::generation_change(origin_b), 2);
  const std::uint64_t now = document.horizon().generation();
  for (const std::uint64_t generation : {std::uint64_t{0}, now - 1, now, now + 1}) {
    ClientRequest request = with_cursor(all);
    request.cursor->generation = generation;
    EXPECT_EQ(answer(request),
              generation == now ? "delta v1 {A:99 B:99}" : "complete a=1 v1 {A:99 B:99}");
  }
}

TEST_F(DeliveryOfCollected, TheAnswerTellsTheGeneration) {
  put_part({origin_a, 6}, crdt::generation_change(origin_a), 2);
  const auto event = answer_request(document, with_cursor(all), all, retired);
  EXPECT_EQ(std::get<wire::Delta>(event).position.generation, document.horizon().generation());
}

TEST_F(DeliveryOfCollected, AnAnswerThatIsBehindTellsOfRetiredOriginsToo) {
  retired.note_unnamed(vector_of({{origin_b, 99}}), all);
  retired.update(all, all, {origin_a});
  EXPECT_EQ(answer(with_cursor(all)), "delta v0 {A:99}");
  EXPECT_EQ(answer(with_cursor(all, {{origin_c, 1}})), "delta v0 {A:99 B:99} behind")
      << "a client keeps what the answer does not cover";
}

TEST_F(DeliveryOfCollected, PartsOfTheHorizonAreNeverTold) {
  put_part({origin_a, 6}, crdt::floor_change(), 7);
  put_part({origin_a, 7}, crdt::collected_change(origin_a), 1);
  EXPECT_EQ(answer(with_cursor({})), "complete v7 {A:99 B:99}");
  EXPECT_EQ(answer({}), "full {} v7 {A:99 B:99}");
  EXPECT_THAT(told({"alice", crdt::horizon_stamp(8), {origin_b, 1}, false, {crdt::floor_change()}}),
              IsEmpty());
}

TEST_F(DeliveryOfCollected, WhatIsWithheldIsUndoneByDeletesJustAboveIt) {
  put_part({origin_b, 9}, crdt::floor_change(), 10);
  put({origin_b, 1}, set("a", "1"), 5);
  put({origin_b, 2}, set("gone.new", "3"), 12);
  EXPECT_THAT(corrected(request_of({set("a", "1"), set("gone", "{}")}, 5, 1000, "peer")),
              ElementsAre("sync -gone v5", "sync gone.new=3 v12 B:2"))
      << "without a dot, for nothing of the kind is stored; what stands below comes again";
  EXPECT_EQ(document.find(path("gone")), nullptr);
}

TEST_F(DeliveryOfCollected, WhatStandsOfTheWriteBelowSuchADeleteIsToldWithItsStamp) {
  put_part({origin_b, 9}, crdt::floor_change(), 10);
  put({origin_b, 1}, set("gone.kept", "1"), 5);
  const auto request = request_of({set("gone", "{}"), set("gone.kept", "1")}, 5, 1000, "peer");
  EXPECT_THAT(corrected(request), ElementsAre("sync -gone v5", "sync gone.kept=1 v5"));
  std::int64_t issued_ms = 0;
  const auto judged = judge_write(document, request, {}, 5000, issued_ms);
  const auto events = events_for_writer(document, *judged, all);
  EXPECT_EQ(std::get<wire::Sync>(events.at(0)).record.stamp,
            std::get<wire::Sync>(events.at(1)).record.stamp)
      << "a client that compares stamps would hide it else";
}

TEST_F(DeliveryOfCollected, SuchADeleteWinsOverThePartAndOverNothingNewer) {
  put_part({origin_b, 9}, crdt::floor_change(), 10);
  put({origin_b, 1}, set("a", "1"), 5);
  std::int64_t issued_ms = 0;
  const auto judged =
      judge_write(document, request_of({set("a", "1"), set("gone", "2")}, 5, 1000, "peer"), {},
                  5000, issued_ms);
  const auto events = events_for_writer(document, *judged, all);
  ASSERT_EQ(events.size(), 1U);
  const crdt::Stamp stamp = std::get<wire::Sync>(events[0]).record.stamp;
  EXPECT_GT(stamp, judged->stamp);
  EXPECT_LT(stamp, (crdt::Stamp{5, 1002, ""}));
}

}  // namespace

}  // namespace anabranch::cluster
