#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A node on its way out: it takes no writes, and knows when the others have all that it has.

namespace anabranch::cluster {

namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

class ReplicaDrain : public testing::Test {
 protected:
  ReplicaDrain() {
    node.warm();
    node.hear_all();
    node.write(1, request_of({set("a", "1")}));
    node.settle();
    node.effects();
  }

  void drain(bool draining = true) { node.run(SetDraining{draining}); }
  DrainProgress progress() { return node.replica().drain_progress(node.now()); }
  /// Names of the peers that have everything.
  std::vector<std::string> done() {
    std::vector<std::string> names;
    for (const auto& peer : progress().peers) {
      if (peer.has_everything()) names.push_back(peer.name);
    }
    return names;
  }
  /// The peer answers, and has this much on disk.
  void answer(const std::string& peer, ReplicaId replica, crdt::VersionVector vector) {
    node.welcome(peer, replica, std::move(vector));
  }

  ReplicaDriver node{with_peers()};
  const crdt::VersionVector written = vector_of({{origin_a, 1}});
};

TEST_F(ReplicaDrain, RefusesWritesAndStillAnswersRequests) {
  drain();
  EXPECT_FALSE(node.replica().ready());
  node.effects();
  node.write(1, request_of({set("b", "2")}));
  node.ask_state(2);
  EXPECT_THAT(node.effects(), ElementsAre("answer 1: error unavailable \"w\"",
                                          R"(answer 2: full {"a":1} v1 {A:1})"));
  drain(false);
  EXPECT_TRUE(node.replica().ready());
  node.write(1, request_of({set("b", "2")}));
  node.settle();
  EXPECT_THAT(node.effects(), Contains(HasSubstr("ack \"w\" applied")));
}

TEST_F(ReplicaDrain, GoesOnTakingWhatPeersHave) {
  drain();
  node.publish("b", {write_of({origin_b, 1}, {set("b", "1")})});
  node.settle();
  EXPECT_EQ(node.replica().status(node.now()).vector[origin_b], 1U);
}

TEST_F(ReplicaDrain, TellsOfItsDiskOnlyInWordsThatSayThatItDrains) {
  drain();
  node.effects();
  node.publish("b", {write_of({origin_b, 1}, {set("b", "1")})});
  node.settle();
  node.pass(100);
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Not(Contains(HasSubstr("progress"))))
      << "it would be taken for a copy that stays";
  drain(false);
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Contains(HasSubstr("progress")));
}

TEST_F(ReplicaDrain, TellsThePeersAtOnceAndAsksWhatTheyHave) {
  node.tick();  // says hello, and would not again for a while
  node.effects();
  drain();
  EXPECT_THAT(node.effects_with_talk(),
              AllOf(Contains(HasSubstr("publish heartbeat")), Contains(HasSubstr("ask b: hello")),
                    Contains(HasSubstr("ask c: hello"))));
  node.receive("b", wire::Hello{{}, 0});
  EXPECT_TRUE(node.last_report().draining);
  EXPECT_FALSE(node.last_report().ready);
  drain(false);
  node.receive("b", wire::Hello{{}, 0});
  EXPECT_FALSE(node.last_report().draining);
}

TEST_F(ReplicaDrain, WaitsForEachPeerToHaveEverything) {
  drain();
  EXPECT_TRUE(progress().settled);
  answer("b", origin_b, written);
  answer("c", origin_c, {});
  EXPECT_THAT(done(), ElementsAre("b"));
  EXPECT_EQ(progress().peers[1].lacking_writes, 1U);
  node.receive("c", wire::Progress{origin_c, written});
  EXPECT_THAT(done(), ElementsAre("b", "c"));
}

TEST_F(ReplicaDrain, IsCompleteOnceAllButTheExceptionsHaveEverything) {
  EXPECT_FALSE(progress().is_complete({"b", "c"})) << "it does not drain";
  drain();
  answer("b", origin_b, written);
  EXPECT_FALSE(progress().is_complete());
  EXPECT_FALSE(progress().is_complete({"b"}));
  EXPECT_TRUE(progress().is_complete({"c"}));
  answer("c", origin_c, written);
  EXPECT_TRUE(progress().is_complete());
  node.write(1, request_of({set("b", "2")}));
  EXPECT_TRUE(progress().is_complete());
  drain(false);
  node.write(1, request_of({set("b", "2")}));
  drain();
  EXPECT_FALSE(progress().is_complete({"b", "c"})) << "it is not on this node's disk yet";
}

TEST_F(ReplicaDrain, AWordFromBeforeTheDrainIsNotEnough) {
  answer("b", origin_b, written);
  node.pass(1);
  drain();
  EXPECT_THAT(progress().peers, Contains(Field(&DrainProgress::Peer::heard, false)));
  EXPECT_THAT(done(), ElementsAre());
  answer("b", origin_b, written);
  EXPECT_THAT(done(), ElementsAre("b"));
}

TEST_F(ReplicaDrain, APeerThatFallsSilentIsNotThere) {
  drain();
  answer("b", origin_b, written);
  answer("c", origin_c, written);
  node.pass(heartbeat_limit_ms);
  node.hear("b", origin_b, written);
  EXPECT_THAT(done(), ElementsAre("b"));
}

TEST_F(ReplicaDrain, WritesOfThoseWhoAreThereMayGoOn) {
  drain();
  answer("b", origin_b, written);
  answer("c", origin_c, written);
  node.publish("b", {write_of({origin_b, 1}, {set("b", "1")})});
  node.settle();
  EXPECT_THAT(done(), ElementsAre("b", "c")) << "b has its own write, and c gets it from b";
}

TEST_F(ReplicaDrain, WritesOfThoseWhoAreGoneMustBeElsewhere) {
  drain();
  node.publish("b", {write_of({origin_b, 1}, {set("b", "1")})});
  node.settle();
  node.pass(heartbeat_limit_ms);
  node.hear("c", origin_c, written);
  answer("c", origin_c, written);
  EXPECT_THAT(done(), ElementsAre());
  EXPECT_EQ(progress().peers[1].lacking_writes, 1U);
  answer("c", origin_c, vector_of({{origin_a, 1}, {origin_b, 1}}));
  EXPECT_THAT(done(), ElementsAre("c"));
}

TEST_F(ReplicaDrain, WhatIsNotOnItsOwnDiskYetIsWaitedFor) {
  node.write(1, request_of({set("b", "2")}));
  drain();
  answer("b", origin_b, written);
  EXPECT_FALSE(progress().settled);
  node.settle();
  EXPECT_TRUE(progress().settled);
  EXPECT_THAT(done(), ElementsAre());
  answer("b", origin_b, vector_of({{origin_a, 2}}));
  EXPECT_THAT(done(), ElementsAre("b"));
}

TEST_F(ReplicaDrain, AWriteThatTheDiskRefusedIsNotWaitedFor) {
  node.write(1, request_of({set("b", "2")}));
  drain();
  answer("b", origin_b, written);
  node.committed(false);
  EXPECT_TRUE(progress().settled);
  EXPECT_THAT(done(), ElementsAre("b"));
}

TEST_F(ReplicaDrain, RecordsBeyondTheVectorMustBeElsewhereToo) {
  node.hear("b", origin_b, vector_of({{origin_b, 5}}));
  node.piece("b", 0, {write_of({origin_b, 5}, {set("b", "1")})});
  node.settle();
  drain();
  answer("c", origin_c, vector_of({{origin_a, 2}}));
  EXPECT_TRUE(progress().peers[1].lacks_untold);
  answer("c", origin_c, written);
  EXPECT_FALSE(progress().peers[1].lacks_untold) << "equal vectors and digests: c has them too";
}

TEST_F(ReplicaDrain, MembersThatComeAndGoMeanwhileCount) {
  drain();
  answer("b", origin_b, written);
  ReplicaSettings settings = with_peers();
  settings.others = {{"b", "west"}};
  node.run(Reconfigured{settings});
  EXPECT_TRUE(progress().draining);
  EXPECT_EQ(progress().peers.size(), 1U);
  EXPECT_THAT(done(), ElementsAre("b"));
}

TEST_F(ReplicaDrain, ANodeThatDoesNotDrainHasNothingToTell) {
  EXPECT_FALSE(progress().draining);
  drain(false);
  EXPECT_THAT(node.effects_with_talk(), ElementsAre());
}

}  // namespace

}  // namespace anabranch::cluster
