#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Publications, gaps and pulls.

namespace anabranch::cluster {

namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

crdt::Write b_write(std::uint64_t seq, std::string_view json = "1") {
  return write_of({origin_b, seq}, {set("b" + std::to_string(seq), json)}, seq);
}

class ReplicaPeers : public testing::Test {
 protected:
  ReplicaPeers() { node.warm(); }

  ReplicaStatus status() { return node.replica().status(node.now()); }
  /// What the node has taken and told its clients of, of the effects so far.
  std::vector<std::string> settled_effects() {
    node.settle();
    return node.effects();
  }

  ReplicaDriver node{with_peers()};
};

TEST_F(ReplicaPeers, APublishedWriteIsStoredThenDelivered) {
  node.publish("b", {b_write(1)});
  EXPECT_THAT(node.effects(), ElementsAre("commit 1"));
  node.committed();
  EXPECT_THAT(node.effects(), ElementsAre("deliver alice: sync b1=1 v1 B:1"));
  EXPECT_EQ(status().vector, vector_of({{origin_b, 1}}));
}

TEST_F(ReplicaPeers, ABatchIsPublishedStoredAndPulledWhole) {
  node.hear_all();
  node.write(1, request_of({set("a", "1"), set("b", "2")}));
  settled_effects();
  ASSERT_EQ(node.published().size(), 1U);
  EXPECT_EQ(node.published()[0].changes.size(), 2U);
  EXPECT_TRUE(node.published()[0].is_batch);

  node.publish("b", {write_of({origin_b, 1}, {set("c", "1"), set("d", "2")})});
  EXPECT_THAT(settled_effects(), ElementsAre("commit 2", "deliver alice: batch c=1 d=2 v1 B:1"));
  EXPECT_EQ(node.last_batch().records.size(), 2U);

  node.hear("c", origin_c, vector_of({{origin_c, 1}}));
  node.piece("c", 0, {write_of({origin_c, 1}, {set("e", "1"), set("f", "2")})},
             vector_of({{origin_c, 1}}));
  EXPECT_THAT(settled_effects(),
              ElementsAre("ask c: pull {A:1 B:1}", "commit 3", "deliver alice: batch e=1 f=2 v1"));
  EXPECT_EQ(node.last_batch().records.size(), 2U);
}

TEST_F(ReplicaPeers, ProgressIsToldOnceItIsOnDisk) {
  node.publish("b", {b_write(1)});
  EXPECT_THAT(node.effects_with_talk(), ElementsAre("commit 1"));
  node.committed();
  EXPECT_THAT(node.effects_with_talk(),
              AllOf(Contains("ask b: progress {B:1}"), Contains("ask c: progress {B:1}")));
}

TEST_F(ReplicaPeers, ARepeatedPublicationIsIgnored) {
  node.publish("b", {b_write(1)});
  settled_effects();
  node.publish("b", {b_write(1)});
  EXPECT_THAT(node.effects(), IsEmpty());
}

TEST_F(ReplicaPeers, APeersWriteThatLosesChangesTheVectorAlone) {
  node.hear_all();
  node.write(1, request_of({set("b1", "9")}, 9));
  settled_effects();
  node.publish("b", {b_write(1)});
  EXPECT_THAT(settled_effects(), ElementsAre("commit 2"));
  EXPECT_TRUE(node.last_batch().records.empty());
  EXPECT_EQ(status().vector, vector_of({{origin_a, 1}, {origin_b, 1}}));
}

TEST_F(ReplicaPeers, AGapWaitsAndIsPulled) {
  node.publish("b", {b_write(3)});
  EXPECT_THAT(node.effects(), ElementsAre("ask b: pull {}"));
  node.piece("b", 0, {b_write(1), b_write(2), b_write(3)}, vector_of({{origin_b, 3}}));
  EXPECT_THAT(settled_effects(),
              ElementsAre("commit 1", "deliver alice: sync b1=1 v1", "deliver alice: sync b2=1 v2",
                          "deliver alice: sync b3=1 v3"));
  EXPECT_EQ(status().vector, vector_of({{origin_b, 3}}));
  EXPECT_EQ(status().counters.gaps_found, 1U);
}

TEST_F(ReplicaPeers, AGapIsClosedByTheMissingPublicationToo) {
  node.publish("b", {b_write(2)});
  node.effects();
  node.publish("b", {b_write(1)});
  EXPECT_THAT(settled_effects(), ElementsAre("commit 1", "deliver alice: sync b1=1 v1 B:1",
                                             "deliver alice: sync b2=1 v2 B:2"));
}

TEST_F(ReplicaPeers, ALostTailIsFoundByTheNextHeartbeat) {
  node.hear("b", origin_b, {});
  node.effects();
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  EXPECT_THAT(node.effects(), ElementsAre("ask b: pull {}"));
  EXPECT_EQ(status().counters.gaps_found, 1U);
}

TEST_F(ReplicaPeers, WhatAHelloTellsMayBeOnItsWayAsAPublication) {
  node.welcome("b", origin_b, {});
  node.effects();
  node.welcome("b", origin_b, vector_of({{origin_b, 1}}));
  node.tick();
  EXPECT_THAT(node.effects(), IsEmpty());
  node.pass(AntiEntropy::grace_ms);
  node.tick();
  EXPECT_THAT(node.effects(), ElementsAre("ask b: pull {}"));
}

TEST_F(ReplicaPeers, AWritesThirdOriginHealsThroughAnyPeerThatHasIt) {
  node.hear("b", origin_b, {});
  node.hear("b", origin_b, vector_of({{origin_c, 4}}));
  node.effects();
  node.pass(AntiEntropy::grace_ms);
  node.tick();
  EXPECT_THAT(node.effects(), ElementsAre("ask b: pull {}"));
}

TEST_F(ReplicaPeers, TheVectorWaitsForTheLastPieceAndItsWritesCarryNoDot) {
  node.hear("b", origin_b, vector_of({{origin_b, 2}}));
  node.effects();
  node.piece("b", 0, {b_write(1)});
  EXPECT_THAT(settled_effects(),
              ElementsAre("ask b: credit 1", "commit 1", "deliver alice: sync b1=1 v1"));
  EXPECT_EQ(status().vector, crdt::VersionVector());
  node.ask_state(1);
  EXPECT_THAT(node.effects(), ElementsAre(R"(answer 1: full {"b1":1} v1 {})"));
  node.piece("b", 1, {b_write(2)}, vector_of({{origin_b, 2}}));
  settled_effects();
  EXPECT_EQ(status().vector, vector_of({{origin_b, 2}}));
}

TEST_F(ReplicaPeers, ARepeatedWriteThatIsBeyondTheVectorIsAckedWithoutADot) {
  node.hear("b", origin_b, vector_of({{origin_b, 2}}));
  node.piece("b", 0, {write_of({origin_b, 1}, {set("a", "1")}, 1, 500, "tab")});
  settled_effects();
  node.write(1, request_of({set("a", "1")}, 1, 500));
  EXPECT_THAT(node.effects(), ElementsAre("answer 1: ack \"w\" applied v1"));
}

TEST_F(ReplicaPeers, WhatAPeerHasOfALostDiskIsFetchedThoughNoVectorTellsOfIt) {
  node.hear_all();
  for (int second = 0; second < 7; ++second) {
    node.hear("b", origin_b, {}, true);
    node.pass(1000);
    node.tick();
  }
  EXPECT_THAT(node.effects(), ElementsAre("ask b: pull {}"));
  node.piece("b", 0, {write_of({origin_c, 7}, {set("part", "1")})}, crdt::VersionVector{});
  EXPECT_THAT(settled_effects(), ElementsAre("commit 1", "deliver alice: sync part=1 v1"));
}

TEST_F(ReplicaPeers, APieceOutOfTurnEndsThePull) {
  node.hear("b", origin_b, vector_of({{origin_b, 3}}));
  node.piece("b", 0, {b_write(1)});
  node.piece("b", 2, {b_write(3)}, vector_of({{origin_b, 3}}));
  settled_effects();
  EXPECT_EQ(status().vector, crdt::VersionVector());
  node.piece("b", 1, {b_write(2)});
  EXPECT_THAT(settled_effects(), IsEmpty());
  node.pass(AntiEntropy::retry_ms);
  node.tick();
  EXPECT_THAT(node.effects(), ElementsAre("ask b: pull {}"));
}

TEST_F(ReplicaPeers, APieceOfAnotherPullOrPeerIsNotHeard) {
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  node.effects();
  node.piece("c", 0, {b_write(1)}, vector_of({{origin_b, 1}}));
  node.receive("b",
               wire::PullPiece{node.pull_id() + 1, 0, {b_write(1)}, vector_of({{origin_b, 1}})});
  EXPECT_THAT(node.effects(), IsEmpty());
}

TEST_F(ReplicaPeers, PiecesAfterTheLastOneAreNotHeard) {
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  node.effects();
  // All come before the document that the first one needs, so all wait together.
  crdt::Write cold = b_write(1);
  cold.user = "bob";
  node.piece("b", 0, {cold}, vector_of({{origin_b, 1}}));
  node.piece("b", 1, {b_write(2)});
  node.piece("b", 2, {b_write(3)}, vector_of({{origin_b, 3}}));
  node.load({}, "bob");
  settled_effects();
  EXPECT_EQ(status().vector, vector_of({{origin_b, 1}}));
}

TEST_F(ReplicaPeers, MorePiecesThanTheCreditEndThePull) {
  node.hear("b", origin_b, vector_of({{origin_b, 20}}));
  node.effects();
  for (std::uint64_t i = 0; i < 20; ++i) {
    crdt::Write cold = b_write(i + 1);
    cold.user = "bob";
    node.piece("b", i, {cold});
  }
  node.load({}, "bob");
  EXPECT_THAT(node.effects(), ElementsAre("load bob"));
}

TEST_F(ReplicaPeers, ALateRecordThatTheVectorCoversIsIgnored) {
  node.hear("b", origin_b, {});
  node.hear("b", origin_b, vector_of({{origin_b, 2}, {origin_c, 1}}));
  node.publish("b", {b_write(1)});
  settled_effects();
  // The answer was read before: it still holds what is covered by now, in another form.
  node.piece("b", 0, {b_write(1, "9"), b_write(2)}, vector_of({{origin_b, 2}, {origin_c, 1}}));
  EXPECT_THAT(settled_effects(), ElementsAre("commit 2", "deliver alice: sync b2=1 v2"));
}

TEST_F(ReplicaPeers, PublicationsDuringAPullCloseTheGapBehindIt) {
  node.hear("b", origin_b, vector_of({{origin_b, 2}}));
  node.publish("b", {b_write(3)});
  node.publish("b", {b_write(4)});
  node.effects();
  node.piece("b", 0, {b_write(1), b_write(2)}, vector_of({{origin_b, 2}}));
  EXPECT_THAT(settled_effects(),
              ElementsAre("commit 1", "deliver alice: sync b1=1 v1", "deliver alice: sync b2=1 v2",
                          "deliver alice: sync b3=1 v3 B:3", "deliver alice: sync b4=1 v4 B:4"));
  EXPECT_EQ(status().vector, vector_of({{origin_b, 4}}));
}

TEST_F(ReplicaPeers, ACopyOfAPullIsNotServedAgain) {
  node.receive("b", wire::Pull{7, {}, 8});
  node.receive("b", wire::Pull{7, {}, 8});
  node.receive("c", wire::Pull{7, {}, 8});
  node.receive("b", wire::Pull{8, {}, 8});
  EXPECT_THAT(node.effects(), ElementsAre("serve b", "serve c", "serve b"));
}

TEST_F(ReplicaPeers, AStalledPullIsAskedOfAnotherPeer) {
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  node.hear("c", origin_c, vector_of({{origin_b, 1}}));
  EXPECT_THAT(node.effects(), ElementsAre("ask b: pull {}"));
  node.pass(AntiEntropy::stall_ms);
  node.tick();
  EXPECT_THAT(node.effects(), ElementsAre("ask c: pull {}"));
}

TEST_F(ReplicaPeers, APublicationForAColdDocumentWaitsForItAndKeepsItsPlace) {
  crdt::Write cold = b_write(1);
  cold.user = "bob";
  node.publish("b", {cold, b_write(2)});
  EXPECT_THAT(node.effects(), ElementsAre("load bob"));
  node.hear("b", origin_b, vector_of({{origin_b, 2}}));
  EXPECT_THAT(node.effects(), IsEmpty()) << "it is here, no pull is needed";
  node.load({}, "bob");
  EXPECT_THAT(settled_effects(), ElementsAre("commit 1", "deliver bob: sync b1=1 v1 B:1",
                                             "deliver alice: sync b2=1 v2 B:2"));
}

TEST_F(ReplicaPeers, APullAsksForWhatWaitsForADocumentToo) {
  // Its end would cover that write, and so drop it.
  crdt::Write cold = b_write(1);
  cold.user = "bob";
  node.publish("b", {cold});
  node.hear("c", origin_c, vector_of({{origin_c, 1}}));
  EXPECT_THAT(node.effects(), ElementsAre("load bob", "ask c: pull {}"));
}

TEST_F(ReplicaPeers, AHelloIsAnsweredWithWhatIsOnDisk) {
  node.hear_all();
  node.write(1, request_of({set("a", "1")}));
  node.effects();
  node.receive("b", wire::Hello{});
  EXPECT_THAT(node.effects(), ElementsAre("tell b: welcome {}"));
  node.committed();
  node.effects();
  node.receive("b", wire::Hello{});
  EXPECT_THAT(node.effects(), ElementsAre("tell b: welcome {A:1}"));
}

TEST_F(ReplicaPeers, WhatWaitsBehindAGapIsNotToldByTheVectorAlone) {
  // Its origin may come back from an older disk: it is to know that more is known of it.
  wire::Hello hello;
  hello.report.replica = origin_b;
  hello.report.standing.admitted = true;
  node.receive("b", hello);
  EXPECT_FALSE(node.last_report().holds_beyond);
  node.publish("b", {b_write(2)});
  node.receive("b", hello);
  EXPECT_TRUE(node.last_report().holds_beyond);
  node.publish("b", {b_write(1)});
  node.receive("b", hello);
  EXPECT_FALSE(node.last_report().holds_beyond);
}

TEST_F(ReplicaPeers, StrangersAreNotHeard) {
  node.publish("stranger", {b_write(1)});
  EXPECT_THAT(node.effects(), IsEmpty());
}

TEST_F(ReplicaPeers, AHeartbeatComesEverySecond) {
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Contains("heartbeat {}").Times(0));
  node.pass(999);
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Not(Contains("publish heartbeat {}")));
  node.pass(1);
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Contains("publish heartbeat {}"));
}

// ---- readiness

}  // namespace

}  // namespace anabranch::cluster
