#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// When a node takes clients, and what its status tells of its peers.

namespace anabranch::cluster {

namespace {

crdt::Write b_write(std::uint64_t seq) {
  return write_of({origin_b, seq}, {set("b" + std::to_string(seq), "1")}, seq);
}

class ReplicaStatusOfPeers : public testing::Test {
 protected:
  ReplicaStatusOfPeers() { node.warm(); }

  ReplicaStatus status() { return node.replica().status(node.now()); }

  ReplicaDriver node{with_peers()};
};

TEST_F(ReplicaStatusOfPeers, ItIsReadyWhenAllMembersAnsweredAndAllTheyToldIsOnDisk) {
  node.hear("b", origin_b, {});
  EXPECT_FALSE(node.replica().ready());
  node.hear("c", origin_c, vector_of({{origin_b, 1}}));
  EXPECT_FALSE(node.replica().ready());
  node.piece("c", 0, {b_write(1)}, vector_of({{origin_b, 1}}));
  EXPECT_FALSE(node.replica().ready());
  node.settle();
  EXPECT_TRUE(node.replica().ready());
}

TEST_F(ReplicaStatusOfPeers, MembersThatDidNotAnswerInTimeAreNotWaitedFor) {
  node.hear("b", origin_b, {});
  node.pass(5001);
  node.tick();
  EXPECT_TRUE(node.replica().ready());
}

TEST_F(ReplicaStatusOfPeers, ItIsReadyAloneWhenNobodyAnswers) {
  node.pass(5000);
  node.tick();
  EXPECT_FALSE(node.replica().ready());
  node.pass(1);
  node.tick();
  EXPECT_TRUE(node.replica().ready());
}

TEST_F(ReplicaStatusOfPeers, APeerThatAnsweredInTimeIsCaughtUpWithHoweverLongItTakes) {
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  node.pass(60'000);
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  node.tick();
  EXPECT_FALSE(node.replica().ready());
}

TEST_F(ReplicaStatusOfPeers, APeerThatHasGoneSilentIsNotWaitedFor) {
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  node.pass(heartbeat_limit_ms + 1);
  node.tick();
  EXPECT_TRUE(node.replica().ready());
}

TEST_F(ReplicaStatusOfPeers, OfAPeerThatLostItsDiskOnlyWhatItStillHasIsWaitedFor) {
  node.hear("b", origin_b, vector_of({{origin_b, 9}}));
  node.hear("b", origin_c, {});
  node.pass(5001);
  node.hear("b", origin_c, {});
  node.tick();
  EXPECT_TRUE(node.replica().ready());
}

TEST(ReplicaOfANewCluster, IsReadyOnceSomebodyIsAdmitted) {
  ReplicaDriver node(with_peers(), unadmitted());
  const auto hear = [&node](const std::string& peer, ReplicaId id, bool is_admitted) {
    wire::NodeReport report = node.report(id, {});
    report.standing.admitted = is_admitted;
    node.receive(peer, wire::Heartbeat{report});
  };
  hear("b", origin_b, false);
  hear("c", origin_c, false);
  EXPECT_FALSE(node.replica().ready()) << "all have answered, and nothing is decided";
  hear("b", origin_b, true);
  node.settle();
  node.tick();
  ASSERT_TRUE(admitted(node));
  EXPECT_TRUE(node.replica().ready());
}

TEST(ReplicaOfANewCluster, IsReadyInTimeAlsoWhereNobodyComesToBeAdmitted) {
  ReplicaDriver node(with_peers(), unadmitted());
  node.pass(5001);
  node.tick();
  EXPECT_FALSE(admitted(node));
  EXPECT_TRUE(node.replica().ready());
}

TEST(ReplicaAlone, AClusterOfOneIsReadyAtOnce) {
  ReplicaDriver node;
  EXPECT_TRUE(node.replica().ready());
}

// ---- status

TEST_F(ReplicaStatusOfPeers, UnequalDigestsAtEqualVectorsAreCountedOnce) {
  node.hear_digest("b", origin_b, "another");
  node.hear_digest("b", origin_b, "another");
  EXPECT_EQ(status().counters.divergences_found, 1U);
  EXPECT_EQ(status().peers[0].digest_equal, false);
}

TEST_F(ReplicaStatusOfPeers, DigestsAreNotComparedWhereThePeerHoldsMoreThanItsVector) {
  node.hear("b", origin_b, {}, true);
  EXPECT_EQ(status().counters.divergences_found, 0U);
  EXPECT_FALSE(status().peers[0].digest_equal);
}

TEST_F(ReplicaStatusOfPeers, StatusTellsLagAndDigests) {
  node.write(1, request_of({set("a", "1")}));
  node.settle();
  node.hear("b", origin_b, vector_of({{origin_b, 2}}));
  node.pass(3000);
  const PeerStatus b = status().peers[0];
  EXPECT_EQ(b.name, "b");
  EXPECT_TRUE(b.connected);
  EXPECT_EQ(b.lag_writes, 1U);
  EXPECT_EQ(b.behind_writes, 2U);
  EXPECT_DOUBLE_EQ(b.lag_seconds.value(), 3.0);
  EXPECT_FALSE(b.digest_equal);
  EXPECT_FALSE(status().peers[1].lag_writes);
}

}  // namespace

}  // namespace anabranch::cluster
