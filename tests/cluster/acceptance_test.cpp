#include "cluster/acceptance.h"

#include "crdt/horizon.h"
#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t clock_ms = 1'000'000;

class AcceptanceTest : public testing::Test {
 protected:
  tl::expected<Acceptance, wire::ErrorEvent> judge(const wire::WriteRequest& request) {
    return judge_write(document, request, limits, clock_ms, issued_ms);
  }

  /// Judges and, where it is accepted, merges. "ok", or the error's code.
  std::string write(const wire::WriteRequest& request) {
    const auto judged = judge(request);
    if (!judged) return std::string(wire::to_string(judged.error().code));
    for (const crdt::Change& change : judged->to_store) {
      document.merge(change.path, {judged->stamp, {origin_a, ++seq}, false, change.payload});
    }
    return "ok";
  }
  std::string write(const crdt::Change& change) { return write(request_of({change})); }

  crdt::Document document;
  StateLimits limits;
  std::int64_t issued_ms = 0;
  std::uint64_t seq = 0;
};

using AcceptanceOfStamps = AcceptanceTest;

TEST_F(AcceptanceOfStamps, AMissingVersionIsTheUsersNext) {
  EXPECT_EQ(judge(request_of({set("a", "1")}))->stamp.version, 1U);
  write(request_of({set("b", "1")}, 41));
  EXPECT_EQ(judge(request_of({set("a", "1")}))->stamp.version, 42U);
}

TEST_F(AcceptanceOfStamps, AProposedVersionIsTakenLowOrHigh) {
  write(request_of({set("b", "1")}, 41));
  EXPECT_EQ(judge(request_of({set("a", "1")}, 7))->stamp.version, 7U);
  EXPECT_EQ(judge(request_of({set("a", "1")}, 41 + max_version_lead))->stamp.version,
            41 + max_version_lead);
}

TEST_F(AcceptanceOfStamps, AVersionTooFarAheadIsRefused) {
  EXPECT_EQ(write(request_of({set("a", "1")}, max_version_lead + 1)), "version_ahead");
  EXPECT_TRUE(document.records().empty());
}

TEST_F(AcceptanceOfStamps, VersionsEndWhereDoublesDo) {
  document.merge(path("a"), record_of({origin_b, 1}, set("a", "1"), crdt::max_version));
  EXPECT_EQ(write(set("b", "1")), "version_ahead");
  EXPECT_EQ(write(request_of({set("b", "1")}, crdt::max_version)), "ok");
}

TEST_F(AcceptanceOfStamps, AMissingTimestampIsTheClockStrictlyRising) {
  EXPECT_EQ(judge(request_of({set("a", "1")}))->stamp.timestamp_ms, clock_ms);
  EXPECT_EQ(judge(request_of({set("a", "1")}))->stamp.timestamp_ms, clock_ms + 1);
}

TEST_F(AcceptanceOfStamps, ATimestampUpToTenSecondsAheadIsTaken) {
  EXPECT_EQ(judge(request_of({set("a", "1")}, 1, clock_ms + 10'000))->stamp.timestamp_ms,
            clock_ms + 10'000);
  EXPECT_EQ(judge(request_of({set("a", "1")}, 1, clock_ms + 10'001))->stamp.timestamp_ms, clock_ms);
  EXPECT_EQ(judge(request_of({set("a", "1")}, 1, -5))->stamp.timestamp_ms, -5);
}

TEST_F(AcceptanceOfStamps, ATimestampThatAClientGaveDoesNotMoveTheNodesOwn) {
  judge(request_of({set("a", "1")}, 1, clock_ms + 9'000));
  EXPECT_EQ(judge(request_of({set("a", "1")}))->stamp.timestamp_ms, clock_ms);
}

using AcceptanceOfChanges = AcceptanceTest;

TEST_F(AcceptanceOfChanges, APartIsStoredRepeatedOrLostByItself) {
  write(request_of({set("a", "1")}, 5, 100));
  write(request_of({set("b", "2")}, 9, 100));
  const auto judged = judge(request_of({set("a", "1"), set("b", "3"), set("c", "4")}, 5, 100));
  EXPECT_THAT(judged->repeated, SizeIs(1));
  EXPECT_THAT(judged->lost, SizeIs(1));
  EXPECT_THAT(judged->to_store, SizeIs(1));
  EXPECT_EQ(judged->standing, (Dot{origin_a, 1}));
  EXPECT_FALSE(judged->applied());
}

TEST_F(AcceptanceOfChanges, AParentAndAChildUnderOneStampBothStand) {
  const auto judged = judge(request_of({set("a", "{}"), set("a.b", "1")}));
  EXPECT_THAT(judged->to_store, SizeIs(2));
}

TEST_F(AcceptanceOfChanges, ANewerAncestorWinsAndAnOlderOneDoesNot) {
  write(request_of({set("a", "{}")}, 5));
  EXPECT_FALSE(judge(request_of({set("a.b", "1")}, 4))->applied());
  EXPECT_TRUE(judge(request_of({set("a.b", "1")}, 6))->applied());
}

using AcceptanceOfSize = AcceptanceTest;

TEST_F(AcceptanceOfSize, TheCapOnPathsIsAsManyValues) {
  limits.paths = 2;
  EXPECT_EQ(write(set("a", "1")), "ok");
  EXPECT_EQ(write(set("b", "1")), "ok");
  EXPECT_EQ(write(set("c", "1")), "state_limit");
  EXPECT_EQ(write(set("b", "2")), "ok") << "it replaces one";
  EXPECT_EQ(document.value_count(), 2U);
}

TEST_F(AcceptanceOfSize, AWriteAboveFreesWhatItHides) {
  limits.paths = 2;
  write(set("a.b", "1"));
  write(set("a.c", "1"));
  EXPECT_EQ(write(set("a", "{}")), "ok");
  EXPECT_EQ(document.value_count(), 1U);
}

TEST_F(AcceptanceOfSize, ANewerDescendantIsNotFreed) {
  limits.paths = 1;
  write(request_of({set("a.b", "1")}, 9));
  EXPECT_EQ(write(request_of({set("a", "{}")}, 3)), "state_limit");
}

TEST_F(AcceptanceOfSize, TheCapOnBytesCountsKeysAndValues) {
  limits.bytes = crdt::Document::cost_of(path("a"), set("a", "12345").payload);
  EXPECT_EQ(write(set("a", "123456")), "state_limit");
  EXPECT_EQ(write(set("a", "12345")), "ok");
  EXPECT_EQ(write(set("a", "1")), "ok");
  EXPECT_EQ(write(set("b", "12")), "state_limit");
  EXPECT_EQ(write(set("b", "1")), "ok") << "the shorter value has made room";
}

TEST_F(AcceptanceOfSize, PastTheCapWhatDoesNotGrowPasses) {
  // Another node may have let it grow further, or the cap was lowered.
  write(set("a", "1"));
  write(set("b", "123456789"));
  limits = {1, 1};
  EXPECT_EQ(write(set("b", "987654321")), "ok");
  EXPECT_EQ(write(set("b", "1")), "ok");
  EXPECT_EQ(write(set("b", "11")), "state_limit");
  EXPECT_EQ(write(set("c", "1")), "state_limit");
  EXPECT_EQ(write(unset("a")), "ok");
}

TEST_F(AcceptanceOfSize, NothingOfARefusedBatchIsStored) {
  limits.paths = 2;
  EXPECT_EQ(write(request_of({set("a", "1"), set("b", "1"), set("c", "1")})), "state_limit");
  EXPECT_TRUE(document.records().empty());
}

TEST_F(AcceptanceOfSize, ABatchMayDeleteAndSetAtTheCap) {
  limits.paths = 1;
  write(set("a", "1"));
  EXPECT_EQ(write(request_of({unset("a"), set("b", "1")})), "ok");
  EXPECT_EQ(document.value_count(), 1U);
}

TEST_F(AcceptanceOfSize, ABatchWithAParentAndItsChildCountsWhatGoesOnce) {
  limits.paths = 2;
  write(set("a.b", "1"));
  EXPECT_EQ(write(request_of({set("a", "{}"), set("a.b", "2")})), "ok");
  EXPECT_EQ(write(request_of({set("a", "{}"), set("a.b", "2"), set("c", "3")})), "state_limit");
}

TEST_F(AcceptanceOfSize, ARepeatedWriteNeedsNoRoom) {
  const auto request = request_of({set("a", "1")}, 1, 100);
  write(request);
  limits = {0, 0};
  EXPECT_EQ(write(request), "ok");
}

using AcceptanceOfDeletes = AcceptanceTest;

TEST_F(AcceptanceOfDeletes, OneThatHidesNothingPassesWhileTombstonesAreFewerThanTheCap) {
  limits.paths = 2;
  EXPECT_EQ(write(unset("a")), "ok");
  EXPECT_EQ(write(unset("b")), "ok");
  EXPECT_EQ(write(unset("c")), "state_limit");
  EXPECT_EQ(document.tombstone_count(), 2U);
}

TEST_F(AcceptanceOfDeletes, OneThatHidesSomethingPassesWhateverTheCap) {
  write(set("a", "1"));
  write(set("b.c", "1"));
  write(set("d", R"({"e":1})"));
  limits.paths = 0;
  EXPECT_EQ(write(unset("a")), "ok") << "its own value";
  EXPECT_EQ(write(unset("b")), "ok") << "what stands below";
  EXPECT_EQ(write(unset("d.e")), "ok") << "what a value above holds";
  EXPECT_EQ(write(unset("d.f")), "state_limit") << "it holds no f";
}

TEST_F(AcceptanceOfDeletes, OneWhereATombstoneStandsAddsNone) {
  write(unset("a"));
  limits.paths = 0;
  EXPECT_EQ(write(unset("a")), "ok");
  EXPECT_EQ(document.tombstone_count(), 1U);
}

TEST_F(AcceptanceOfDeletes, ThoseOfABatchCountTogether) {
  limits.paths = 2;
  EXPECT_EQ(write(request_of({unset("a"), unset("b"), unset("c")})), "state_limit");
  EXPECT_EQ(write(request_of({unset("a"), unset("b")})), "ok");
}

class AcceptanceAtTheFloor : public AcceptanceTest {
 protected:
  AcceptanceAtTheFloor() {
    document.merge(crdt::floor_change().path,
                   {crdt::horizon_stamp(10), {origin_b, 100}, false, crdt::floor_change().payload});
  }

  void put(const crdt::Change& change, std::uint64_t version) {
    document.merge(change.path, record_of({origin_b, version}, change, version));
  }
};

TEST_F(AcceptanceAtTheFloor, AWriteAtOrBelowItIsTooOld) {
  EXPECT_EQ(write(request_of({set("a", "1")}, 9)), "too_old");
  EXPECT_EQ(write(request_of({set("a", "1")}, 10)), "too_old");
  EXPECT_EQ(document.record_count(), 0U);
  EXPECT_EQ(write(request_of({set("a", "1")}, 11)), "ok");
}

TEST_F(AcceptanceAtTheFloor, AWriteWithoutAVersionIsAboveIt) {
  EXPECT_EQ(judge(request_of({set("a", "1")}))->stamp.version, 11U);
}

TEST_F(AcceptanceAtTheFloor, TheErrorSaysWhatToDo) {
  EXPECT_EQ(judge(request_of({set("a", "1")}, 9)).error().message,
            "version 9 is at or below the user's floor, 10, and can no longer be judged; request "
            "the state, then write again");
}

TEST_F(AcceptanceAtTheFloor, ADeleteWhereNothingStandsIsTooOldAsWell) {
  EXPECT_EQ(write(request_of({unset("a")}, 9)), "too_old");
}

TEST_F(AcceptanceAtTheFloor, WhatStandsIsRepeated) {
  put(set("a", "{}"), 5);
  const auto judged = judge(request_of({set("a", "{}")}, 5, 1000, "peer"));
  ASSERT_TRUE(judged);
  EXPECT_TRUE(judged->applied());
  EXPECT_EQ(judged->standing, (Dot{origin_b, 5}));
}

TEST_F(AcceptanceAtTheFloor, WhatHasLostToARecordThatStandsHasLost) {
  put(set("a", "1"), 8);
  put(unset("t"), 8);
  for (const char* at : {"a", "a.b", "t", "t.u"}) {
    const auto judged = judge(request_of({set(at, "{}")}, 7));
    ASSERT_TRUE(judged) << at;
    EXPECT_FALSE(judged->applied());
    EXPECT_THAT(judged->lost, SizeIs(1));
  }
}

TEST_F(AcceptanceAtTheFloor, ADeleteOrScalarAtAPathWithARecordOfItsOwnIsJudgedAsUsual) {
  for (const auto& change : {unset("a"), set("a", "2"), set("a", "\"x\""), set("a", "null")}) {
    document.drop(path("a"));
    put(set("a", "1"), 5);
    const auto judged = judge(request_of({change}, 6));
    ASSERT_TRUE(judged);
    EXPECT_THAT(judged->to_store, SizeIs(1));
    EXPECT_TRUE(judged->applied());
  }
}

TEST_F(AcceptanceAtTheFloor, SoItIsWhereTheRecordIsATombstone) {
  put(unset("a"), 5);
  EXPECT_EQ(write(request_of({set("a", "2")}, 6)), "ok");
}

TEST_F(AcceptanceAtTheFloor, WhatMayHoldMoreIsTooOldThereToo) {
  // A tombstone below the path may have hidden a part of it.
  put(set("a", "1"), 5);
  EXPECT_EQ(write(request_of({set("a", "{}")}, 6)), "too_old");
  EXPECT_EQ(write(request_of({set("a", "[1]")}, 6)), "too_old");
}

TEST_F(AcceptanceAtTheFloor, ARecordAboveOrBelowIsNoneOfItsOwn) {
  put(set("a", "{}"), 5);
  put(set("b.c", "1"), 5);
  EXPECT_EQ(write(request_of({set("a.x", "1")}, 6)), "too_old");
  EXPECT_EQ(write(request_of({set("b", "1")}, 6)), "too_old");
  EXPECT_EQ(write(request_of({unset("b")}, 6)), "too_old");
}

TEST_F(AcceptanceAtTheFloor, ABatchThatCannotBeJudgedInPartIsRefusedWhole) {
  put(set("a", "1"), 5);
  put(set("l", "1"), 8);
  EXPECT_EQ(write(request_of({set("a", "2"), set("new", "1")}, 6)), "too_old");
  EXPECT_EQ(write(request_of({set("l", "2"), set("new", "1")}, 6)), "too_old");
  EXPECT_EQ(document.find(path("a"))->stamp.version, 5U);
  EXPECT_EQ(write(request_of({set("a", "2"), set("l", "2")}, 6)), "ok");
}

TEST_F(AcceptanceAtTheFloor, OfABatchThatStandsInPartTheRestIsWithheld) {
  put(set("a", "1"), 5);
  put(set("own", "0"), 4);
  put(set("l", "0"), 8);
  const auto judged = judge(request_of(
      {set("a", "1"), set("gone", "2"), set("l", "3"), set("own", "4")}, 5, 1000, "peer"));
  ASSERT_TRUE(judged);
  EXPECT_FALSE(judged->applied());
  EXPECT_EQ(judged->repeated, std::vector{set("a", "1")});
  EXPECT_EQ(judged->withheld, (std::vector{set("gone", "2"), set("own", "4")}))
      << "it won once, and has lost to what is gone since";
  EXPECT_EQ(judged->lost, std::vector{set("l", "3")});
  EXPECT_THAT(judged->to_store, IsEmpty());
}

TEST_F(AcceptanceAtTheFloor, AboveItABatchThatStandsInPartIsStoredAsUsual) {
  put(set("a", "1"), 11);
  const auto judged = judge(request_of({set("a", "1"), set("b", "2")}, 11, 1000, "peer"));
  ASSERT_TRUE(judged);
  EXPECT_THAT(judged->to_store, SizeIs(1));
  EXPECT_THAT(judged->withheld, IsEmpty());
}

TEST_F(AcceptanceAtTheFloor, IsCheckedBeforeTheCaps) {
  limits = {0, 0};
  EXPECT_EQ(write(request_of({set("a", "1")}, 9)), "too_old");
}

}  // namespace

}  // namespace anabranch::cluster
