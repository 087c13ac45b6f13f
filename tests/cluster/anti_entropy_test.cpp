#include "cluster/anti_entropy.h"

#include "tests/cluster/support.h"

#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

using Peer = std::optional<std::string>;

constexpr std::int64_t grace = AntiEntropy::grace_ms;
constexpr std::int64_t stall = AntiEntropy::stall_ms;
constexpr std::int64_t untold = AntiEntropy::untold_ms;
constexpr std::int64_t retry = AntiEntropy::retry_ms;

crdt::VersionVector at(std::uint64_t seq) { return vector_of({{origin_b, seq}}); }

wire::PullPiece piece(std::uint64_t id, std::uint64_t index) { return {id, index, {}, {}}; }

/// Has heard of a peer b that knows nothing yet.
class AntiEntropyTest : public testing::Test {
 protected:
  AntiEntropyTest() {
    pulls.note_report("b", {}, {}, false, 0);
    pulls.start_due({}, false, 0);
  }

  /// Starts a pull of b; its id.
  std::uint64_t start() {
    pulls.note_report("b", at(1), {}, true, 0);
    EXPECT_EQ(pulls.start_due({}, false, 0), Peer("b"));
    return pulls.active()->id;
  }

  AntiEntropy pulls{100};
};

TEST_F(AntiEntropyTest, AFirstReportThatIsAheadIsPulledAtOnce) {
  pulls.note_report("c", at(1), {}, false, 0);
  EXPECT_EQ(pulls.start_due({}, false, 0), Peer("c"));
}

TEST_F(AntiEntropyTest, ALaterOneGetsTimeForPublicationsToCatchUp) {
  pulls.note_report("b", at(1), {}, false, 1000);
  EXPECT_EQ(pulls.start_due({}, false, 1000 + grace - 1), Peer());
  EXPECT_EQ(pulls.start_due(at(1), false, 1000 + grace), Peer()) << "they have caught up";
  EXPECT_EQ(pulls.start_due({}, false, 1000 + grace), Peer("b"));
}

TEST_F(AntiEntropyTest, ReportsThatKeepComingDoNotPutThePullOff) {
  pulls.note_report("b", at(1), {}, false, 1000);
  pulls.note_report("b", at(2), {}, false, 1000 + grace - 1);
  EXPECT_EQ(pulls.start_due({}, false, 1000 + grace), Peer("b"));
}

TEST_F(AntiEntropyTest, AnUrgentOneDoesNotWait) {
  pulls.note_report("b", at(1), {}, true, 1000);
  EXPECT_EQ(pulls.start_due({}, false, 1000), Peer("b"));
}

TEST_F(AntiEntropyTest, WithAGapWhoeverIsAheadIsAskedAtOnce) {
  pulls.note_report("b", at(1), {}, false, 1000);
  EXPECT_EQ(pulls.start_due({}, true, 1000), Peer("b"));
}

TEST_F(AntiEntropyTest, WhatNoVectorTellsOfIsAskedForWhenItStaysSo) {
  pulls.note_untold("b", true, 1000);
  pulls.note_untold("b", true, 2000);
  EXPECT_EQ(pulls.start_due({}, false, 1000 + untold - 1), Peer());
  EXPECT_EQ(pulls.start_due({}, false, 1000 + untold), Peer("b"));
  pulls.finish();
  EXPECT_EQ(pulls.start_due({}, false, 1000 + untold), Peer()) << "until it is noted again";
  pulls.note_untold("b", true, 9000);
  pulls.note_untold("b", false, 9500);
  EXPECT_EQ(pulls.start_due({}, false, 9000 + untold), Peer());
}

TEST_F(AntiEntropyTest, OnePullAtATime) {
  start();
  pulls.note_report("c", at(1), {}, true, 0);
  EXPECT_EQ(pulls.start_due({}, false, 0), Peer());
  pulls.finish();
  EXPECT_EQ(pulls.start_due({}, false, 0), Peer("b"));
}

TEST_F(AntiEntropyTest, APeerThatLostItsDiskIsNoTargetAnyMore) {
  pulls.note_report("b", at(5), {}, false, 0);
  pulls.note_report("b", {}, {}, false, 10);
  EXPECT_EQ(pulls.start_due({}, false, 10 + grace), Peer());
}

TEST_F(AntiEntropyTest, AfterAForgottenPeersReturnItsReportIsAFirstOne) {
  pulls.forget("b");
  pulls.note_report("b", at(1), {}, false, 1000);
  EXPECT_EQ(pulls.start_due({}, false, 1000), Peer("b"));
}

TEST_F(AntiEntropyTest, ExpectsThePiecesOfThePullUnderWayInTheirOrder) {
  const std::uint64_t id = start();
  EXPECT_FALSE(pulls.expects("c", piece(id, 0), 0));
  EXPECT_FALSE(pulls.expects("b", piece(id + 1, 0), 0));
  EXPECT_TRUE(pulls.expects("b", piece(id, 0), 0));
  EXPECT_TRUE(pulls.expects("b", piece(id, 1), 0));
  EXPECT_FALSE(pulls.expects("b", piece(id, 3), 0));
  EXPECT_FALSE(pulls.active());
  EXPECT_FALSE(pulls.expects("b", piece(id, 2), 0));
}

TEST_F(AntiEntropyTest, APieceThatComesTwiceEndsThePull) {
  const std::uint64_t id = start();
  EXPECT_TRUE(pulls.expects("b", piece(id, 0), 0));
  EXPECT_FALSE(pulls.expects("b", piece(id, 0), 0));
  EXPECT_FALSE(pulls.active());
}

TEST_F(AntiEntropyTest, EachPullHasAnIdOfItsOwn) {
  const std::uint64_t id = start();
  pulls.finish();
  EXPECT_NE(start(), id);
}

TEST_F(AntiEntropyTest, IdsBeginWhereTheProcessSays) { EXPECT_EQ(start(), 101U); }

TEST_F(AntiEntropyTest, WhoIsForgottenDuringItsPullIsNewWhenItReturns) {
  start();
  pulls.forget("b");
  pulls.give_up(0);
  pulls.note_report("b", at(1), {}, false, 10);
  EXPECT_EQ(pulls.start_due({}, false, 10), Peer("b"));
}

TEST_F(AntiEntropyTest, APullWithoutPiecesIsGivenUpAndItsPeerLeftAloneForAWhile) {
  start();
  EXPECT_FALSE(pulls.give_up_stalled(stall - 1));
  EXPECT_EQ(pulls.give_up_stalled(stall), Peer("b"));
  EXPECT_EQ(pulls.start_due({}, false, stall + retry - 1), Peer());
  EXPECT_EQ(pulls.start_due({}, false, stall + retry), Peer("b"));
}

TEST_F(AntiEntropyTest, APieceIsProgress) {
  const std::uint64_t id = start();
  pulls.expects("b", piece(id, 0), 1000);
  EXPECT_FALSE(pulls.give_up_stalled(stall));
  EXPECT_TRUE(pulls.give_up_stalled(1000 + stall));
}

TEST_F(AntiEntropyTest, AfterAFailureAnotherPeerIsPreferredForGood) {
  start();
  pulls.note_report("c", at(1), {}, true, 0);
  pulls.give_up(0);
  EXPECT_EQ(pulls.start_due({}, false, 0), Peer("c"));
  pulls.give_up(10);
  EXPECT_EQ(pulls.start_due({}, false, 10 + retry), Peer("b")) << "its failure is the older one";
}

}  // namespace

}  // namespace anabranch::cluster
