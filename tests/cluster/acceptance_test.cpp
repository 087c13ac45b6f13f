#include "cluster/acceptance.h"

#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

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

}  // namespace

}  // namespace anabranch::cluster
