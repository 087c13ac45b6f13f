#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A commit that failed is "unknown": nothing is told, memory goes back, the store is recovered.

namespace anabranch::cluster {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(ReplicaDiskFailure, ItsWritesAreUnavailableAndNobodyHearsOfThem) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}), "first");
  node.write(2, request_of({set("b", "2")}), "second");
  node.effects();
  node.committed(false);
  EXPECT_THAT(node.effects(), ElementsAre("recover {}", "answer 1: error unavailable \"first\"",
                                          "answer 2: error unavailable \"second\""));
}

TEST(ReplicaDiskFailure, MemoryGoesBackToWhatIsDurable) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.committed();
  node.write(1, request_of({set("a", "2")}));
  node.ask_state(2);
  node.effects();
  node.committed(false);
  EXPECT_THAT(node.effects(),
              ElementsAre("recover {A:1}", "load alice", "answer 1: error unavailable \"w\""));
  node.load({{path("a"), record_of({origin_a, 1}, set("a", "1"))}});
  EXPECT_THAT(node.effects(), ElementsAre(R"(answer 2: full {"a":1} v1 {A:1})"));
  EXPECT_EQ(node.replica().status(node.now()).totals.values, 1U);
}

TEST(ReplicaDiskFailure, WritesAreRefusedAndReadsGoOnUntilItIsRecovered) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.committed(false);
  node.effects();
  EXPECT_FALSE(node.replica().ready());
  node.ask_state(1);
  node.load();
  node.write(1, request_of({set("a", "1")}));
  EXPECT_THAT(node.effects(), ElementsAre("load alice", "answer 1: full {} v0 {}",
                                          "answer 1: error unavailable \"w\""));
}

TEST(ReplicaDiskFailure, AfterRecoveryWritesGoOnUnderTheSameSeqsWhereTheyWereLost) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.committed(false);
  node.recovered(state_of(origin_a));
  EXPECT_TRUE(node.replica().ready());
  node.effects();
  node.write(1, request_of({set("a", "2")}));
  node.load();
  node.settle();
  EXPECT_THAT(node.effects(), Contains("publish writes A:1"));
}

TEST(ReplicaDiskFailure, WritesThatTurnUpAfterAllAreDeliveredAndTheirSeqsAreTaken) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}, 1, 500));
  node.committed(false);
  node.effects();
  node.recovered(state_of(origin_a, vector_of({{origin_a, 1}})),
                 {write_of({origin_a, 1}, {set("a", "1")}, 1, 500, "tab")});
  node.load({{path("a"), record_of({origin_a, 1}, set("a", "1"), 1, 500, "tab")}});
  EXPECT_THAT(node.effects(), ElementsAre("load alice", "deliver alice: sync a=1 v1 A:1"));
  node.write(1, request_of({set("a", "1")}, 1, 500));
  node.write(1, request_of({set("b", "2")}));
  node.settle();
  EXPECT_THAT(
      node.effects(),
      ElementsAre("answer 1: ack \"w\" applied v1 A:1", "commit 2", "publish writes A:2",
                  "deliver alice but 1: sync b=2 v2 A:2", "answer 1: ack \"w\" applied v2 A:2"));
}

TEST(ReplicaDiskFailure, AResurfacedWriteIsDeliveredEvenIfTheNextCommitFailsToo) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}, 1, 500));
  node.committed(false);
  const wire::UserRecords records{{path("a"), record_of({origin_a, 1}, set("a", "1"))}};
  const auto state = state_of(origin_a, vector_of({{origin_a, 1}}));
  node.step(StoreRecovered{state, {write_of({origin_a, 1}, {set("a", "1")})}});
  node.step(UserLoaded{"alice", records});
  node.write(2, request_of({set("b", "2")}));
  node.committed(false);
  node.effects();
  node.load(records);
  EXPECT_THAT(node.effects(), Contains("deliver alice: sync a=1 v1 A:1"));
}

TEST(ReplicaDiskFailure, AWriteThatTurnsUpBelowSomethingHeldBeyondTheVectorIsAskedForToo) {
  // A pull that was cut has left B:3 on disk; B:1 is published, and its commit fails.
  wire::StoreState state = state_of(origin_a);
  state.beyond = vector_of({{origin_b, 3}, {origin_c, 9}});
  ReplicaDriver node(with_peers(), state);
  node.warm({{path("z"), record_of({origin_b, 3}, set("z", "3"))}});
  node.publish("b", {write_of({origin_b, 1}, {set("a", "1")})});
  node.effects();
  node.committed(false);
  EXPECT_THAT(node.effects(), ElementsAre("recover {C:9}"))
      << "the recovered store is to tell of B:1";
}

TEST(ReplicaDiskFailure, OfASessionsFramesTheOrderIsKept) {
  ReplicaOptions options;
  options.document_cache_bytes = 1;
  ReplicaDriver node(options);
  // Bob's commit is under way. Alice's request is held behind it, her document leaves memory, and
  // her write waits for it to come back.
  node.run(ClientWrite{{9}, "bob", request_of({set("a", "1")})});
  node.load({}, "bob");
  node.ask_state(1);
  node.load();
  node.effects();
  node.write(1, request_of({set("a", "2")}));
  ASSERT_THAT(node.effects(), ElementsAre("load alice"));
  node.committed(false);
  node.effects();
  node.load();
  EXPECT_THAT(node.effects(),
              ElementsAre("answer 1: full {} v0 {}", "answer 1: error unavailable \"w\""));
}

TEST(ReplicaDiskFailure, AnAnswerFoundOutsideStaysBeforeAFrameThatWaits) {
  ReplicaDriver node;
  node.run(StateRead{1, "bob", {}});
  node.load({}, "bob");
  node.run(ClientWrite{{9}, "bob", request_of({set("a", "1")})});
  node.run(ClientAnswer{{1}, "alice", wire::ErrorEvent{wire::ErrorCode::invalid_json, "", {}, {}}});
  node.ask_state(1);
  node.effects();
  node.committed(false);
  node.load();
  EXPECT_THAT(node.effects(),
              ElementsAre("recover {}", "answer 9: error unavailable",
                          "answer 1: error invalid_json", "answer 1: full {} v0 {}"));
}

TEST(ReplicaDiskFailure, EachRefusedWriteIsCountedOnce) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.run(ClientAnswer{
      {1}, "alice", wire::ErrorEvent{wire::ErrorCode::invalid_path, "", {}, {}, true}});
  node.committed(false);
  const Counters counters = node.replica().status(node.now()).counters;
  EXPECT_EQ(counters.updates_rejected, 2U);
  EXPECT_EQ(counters.updates_accepted, 0U);
}

TEST(ReplicaDiskFailure, PeersWritesAreNotTakenUntilItIsRecoveredAndThenPulled) {
  ReplicaDriver node(with_peers());
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.committed(false);
  node.effects();
  node.publish("b", {write_of({origin_b, 1}, {set("b", "1")})});
  EXPECT_THAT(node.effects(), IsEmpty());
  node.recovered(state_of(origin_a));
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  EXPECT_THAT(node.effects(), Contains("ask b: pull {}"));
}

TEST(ReplicaDiskFailure, APullUnderWayIsGivenUp) {
  ReplicaDriver node(with_peers());
  node.warm();
  node.hear("b", origin_b, vector_of({{origin_b, 2}}));
  node.piece("b", 0, {write_of({origin_b, 1}, {set("b", "1")})});
  node.committed(false);
  node.recovered(state_of(origin_a));
  node.effects();
  node.piece("b", 1, {write_of({origin_b, 2}, {set("c", "1")})}, vector_of({{origin_b, 2}}));
  EXPECT_THAT(node.effects(), IsEmpty()) << "its first piece is lost, so its end proves nothing";
  EXPECT_EQ(node.replica().status(node.now()).vector, crdt::VersionVector());
}

TEST(ReplicaDiskFailure, ANewReplicaIdOutlivesTheFailureOfItsCommit) {
  ReplicaDriver node(with_peers(), state_of(origin_a, vector_of({{origin_a, 2}})));
  node.warm();
  node.hear("b", origin_b, vector_of({{origin_a, 5}}));
  node.committed(false);
  node.recovered(state_of(origin_a, vector_of({{origin_a, 2}})));
  node.hear("c", origin_c, vector_of({{origin_a, 2}}));
  node.settle();
  node.effects();
  node.write(1, request_of({set("a", "1")}));
  node.load();
  node.settle();
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("publish writes A:"))));
}

TEST(ReplicaDiskFailure, EvidenceThatCameDuringTheFailureIsNotForgotten) {
  ReplicaDriver node(ReplicaOptions{}, state_of(origin_a, vector_of({{origin_a, 2}})));
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.committed(false);
  node.ask_state(2, vector_of({{origin_a, 9}}));
  node.load();
  node.recovered(state_of(origin_a, vector_of({{origin_a, 2}})));
  node.settle();
  node.effects();
  node.write(1, request_of({set("a", "1")}));
  node.load();
  node.settle();
  EXPECT_THAT(node.effects(), Contains("publish writes 100:1"));
}

}  // namespace

}  // namespace anabranch::cluster
