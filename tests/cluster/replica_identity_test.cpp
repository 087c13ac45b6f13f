#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A dot must never name two writes: when a replica goes on under its id, and when it takes another.

namespace anabranch::cluster {

namespace {

using testing::Contains;
using testing::ElementsAre;

wire::StoreState with_a_past() { return state_of(origin_a, vector_of({{origin_a, 5}})); }

/// The dot under which the next write is published.
std::string dot_of_next_write(ReplicaDriver& node) {
  node.write(1, request_of({set("a", "1")}));
  node.settle();
  for (const std::string& line : node.effects()) {
    if (line.starts_with("publish writes ")) return line.substr(15);
  }
  return "none";
}

TEST(ReplicaIdentity, ANodeThatHasHeardEveryMemberGoesOnUnderItsId) {
  ReplicaDriver node(with_peers(), with_a_past());
  node.warm();
  node.hear("b", origin_b, vector_of({{origin_a, 5}}));
  node.hear("c", origin_c, vector_of({{origin_a, 4}}));
  EXPECT_EQ(dot_of_next_write(node), "A:6");
}

TEST(ReplicaIdentity, ANodeThatHasNotHeardEveryMemberTakesANewIdBeforeItsFirstWrite) {
  ReplicaDriver node(with_peers(), with_a_past());
  node.warm();
  node.hear("b", origin_b, vector_of({{origin_a, 5}}));
  EXPECT_EQ(dot_of_next_write(node), "100:1");
  EXPECT_EQ(node.last_batch().replica, ReplicaId{0x100});
  EXPECT_EQ(dot_of_next_write(node), "100:2") << "once is enough";
}

TEST(ReplicaIdentity, ThatHoldsForADiskThatKnowsOfNoWriteOfItsOwn) {
  // It may be a copy from before the first write.
  ReplicaDriver node(with_peers());
  node.warm();
  EXPECT_EQ(dot_of_next_write(node), "100:1");
}

TEST(ReplicaIdentity, AMemberThatHoldsRecordsBeyondItsVectorMayHoldOursToo) {
  ReplicaDriver node(with_peers(), with_a_past());
  node.warm();
  node.hear("b", origin_b, vector_of({{origin_a, 5}}));
  node.hear("c", origin_c, vector_of({{origin_a, 5}}), true);
  EXPECT_EQ(dot_of_next_write(node), "100:1");
}

TEST(ReplicaIdentity, AClusterOfOneKeepsItsId) {
  ReplicaDriver node({}, with_a_past());
  node.warm();
  EXPECT_EQ(dot_of_next_write(node), "A:6");
}

TEST(ReplicaIdentity, APeerThatKnowsMoreOfItProvesThatTheDiskWentBackInTime) {
  ReplicaDriver node(with_peers(), with_a_past());
  node.warm();
  node.hear("b", origin_b, vector_of({{origin_a, 7}}));
  node.hear("c", origin_c, {});
  EXPECT_EQ(dot_of_next_write(node), "100:1");
  node.settle();
  EXPECT_FALSE(node.replica().status(node.now()).admitted)
      << "it is to take its writes back with all else";
}

TEST(ReplicaIdentity, APullOrProgressOfAPeerIsEvidenceToo) {
  for (const bool by_pull : {true, false}) {
    ReplicaDriver node(with_peers(), with_a_past());
    node.warm();
    node.hear("b", origin_b, {});
    node.hear("c", origin_c, {});
    if (by_pull) {
      node.receive("b", wire::Pull{1, vector_of({{origin_a, 6}}), 8});
    } else {
      node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 6}})});
    }
    node.settle();
    node.effects();
    EXPECT_EQ(dot_of_next_write(node), "100:1");
  }
}

TEST(ReplicaIdentity, ARecordOfItsOwnThatItDoesNotKnowIsEvidenceToo) {
  ReplicaDriver node(with_peers(), with_a_past());
  node.warm();
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  node.hear("c", origin_c, {});
  // Beyond b's own vector, so that no report has told of it.
  node.piece("b", 0, {write_of({origin_a, 7}, {set("x", "7")})}, vector_of({{origin_b, 1}}));
  node.settle();
  node.effects();
  EXPECT_EQ(dot_of_next_write(node), "100:1");
}

TEST(ReplicaIdentity, APublicationUnderItsIdIsEvidenceToo) {
  ReplicaDriver node(with_peers(), with_a_past());
  node.warm();
  node.hear_all();
  node.publish("b", {write_of({origin_a, 6}, {set("x", "6")})});
  node.settle();
  node.effects();
  EXPECT_EQ(dot_of_next_write(node), "100:1");
}

TEST(ReplicaIdentity, ACursorThatKnowsMoreOfItIsEvidenceWhereItCannotBeMadeUp) {
  ReplicaDriver node({}, with_a_past());
  node.warm();
  node.ask_state(1, vector_of({{origin_a, 6}}));
  node.settle();
  EXPECT_THAT(node.effects(), Contains("answer 1: delta v0 {A:5} behind"));
  EXPECT_EQ(dot_of_next_write(node), "100:1");
}

TEST(ReplicaIdentity, ACursorThatAClientMayHaveMadeUpIsNoEvidence) {
  ReplicaDriver node({}, with_a_past());
  node.warm();
  node.run(ClientRequest{{1}, "alice", {}, wire::Cursor{vector_of({{origin_a, 6}})}, false, {}});
  node.ask_state(1, vector_of({{origin_a, 5}}), {{origin_a, 9}});
  node.effects();
  EXPECT_EQ(dot_of_next_write(node), "A:6");
}

TEST(ReplicaIdentity, LagIsMeasuredAnewUnderANewId) {
  ReplicaDriver node(with_peers(), with_a_past());
  node.warm();
  node.hear_all();
  dot_of_next_write(node);
  node.hear("b", origin_b, vector_of({{origin_a, 9}}));
  node.pass(60'000);
  ASSERT_EQ(dot_of_next_write(node), "100:1");
  node.pass(2000);
  const PeerStatus b = node.replica().status(node.now()).peers[0];
  EXPECT_EQ(b.lag_writes, 1U);
  EXPECT_DOUBLE_EQ(b.lag_seconds.value(), 2.0);
}

TEST(ReplicaIdentity, WritesUnderTwoIdsInOneGroupArePublishedApart) {
  ReplicaDriver node({}, with_a_past());
  node.warm();
  node.step(ClientWrite{{1}, "alice", request_of({set("a", "1")})});
  node.step(ClientRequest{{2}, "alice", {}, wire::Cursor{vector_of({{origin_a, 9}})}, true, {}});
  node.write(1, request_of({set("b", "1")}));
  node.settle();
  const auto lines = node.effects();
  EXPECT_THAT(lines, Contains("publish writes A:6"));
  EXPECT_THAT(lines, Contains("publish writes 100:1"));
}

}  // namespace

}  // namespace anabranch::cluster
