#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Members that come and go while the node runs, and other settings that change.

namespace anabranch::cluster {

namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ReplicaMembership : public testing::Test {
 protected:
  ReplicaMembership() { node.warm(); }

  void members(const std::vector<std::string>& others, std::size_t acks = 0) {
    ReplicaSettings settings = with_peers();
    settings.others.clear();
    for (const std::string& name : others) settings.others.push_back({name, "somewhere"});
    settings.acks = acks;
    settings.epoch = 2;
    node.run(Reconfigured{settings});
  }
  ReplicaStatus status() { return node.replica().status(node.now()); }

  ReplicaDriver node{with_peers()};
};

TEST_F(ReplicaMembership, ANewMemberIsGreetedAndHeard) {
  node.hear_all();
  members({"b", "c", "d"});
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Contains(HasSubstr("ask d: hello")));
  node.hear("d", ReplicaId{0xD}, vector_of({{ReplicaId{0xD}, 3}}));
  EXPECT_THAT(node.effects(), Contains("ask d: pull {}"));
  EXPECT_EQ(status().peers.size(), 3U);
  EXPECT_EQ(status().epoch, 2U);
}

TEST_F(ReplicaMembership, AMemberThatIsGoneIsNotListenedTo) {
  node.hear_all();
  members({"c"});
  node.publish("b", {write_of({origin_b, 1}, {set("a", "1")})});
  node.hear("b", origin_b, vector_of({{origin_b, 1}}));
  EXPECT_THAT(node.effects(), IsEmpty());
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Not(Contains(HasSubstr("ask b"))));
  EXPECT_EQ(status().peers.size(), 1U);
}

TEST_F(ReplicaMembership, AnotherIsAskedForWhatAMemberThatIsGoneWasToAnswer) {
  const auto known = vector_of({{origin_b, 2}});
  node.hear("b", origin_b, known);
  EXPECT_THAT(node.effects(), Contains("ask b: pull {}"));
  node.hear("c", origin_c, known);
  EXPECT_THAT(node.effects(), IsEmpty());
  members({"c"});
  EXPECT_THAT(node.effects(), ElementsAre("ask c: pull {}"));
}

TEST_F(ReplicaMembership, WhatIsKnownOfThoseThatStayIsKept) {
  node.hear_all();
  members({"b", "d"});
  const auto peers = status().peers;
  ASSERT_EQ(peers.size(), 2U);
  EXPECT_TRUE(peers[0].connected);
  EXPECT_EQ(peers[0].replica, origin_b);
  EXPECT_FALSE(peers[1].connected);
}

TEST_F(ReplicaMembership, AnAckThatWaitsForMoreCopiesThanAreWantedNowIsLetOut) {
  members({"b", "c"}, 2);
  node.hear_all();
  node.write(1, request_of({set("a", "1")}));
  node.settle();
  node.effects();
  const auto origin = status().replica;
  node.receive("b", wire::Progress{origin_b, vector_of({{origin, 1}})});
  EXPECT_THAT(node.effects(), IsEmpty());
  members({"b", "c"}, 1);
  EXPECT_THAT(node.effects(), ElementsAre(HasSubstr("replicated")));
}

TEST_F(ReplicaMembership, ANodeIsReadyWithoutAMemberThatIsGone) {
  node.welcome("c", origin_c, {});
  EXPECT_FALSE(node.replica().ready());
  members({"c"});
  EXPECT_TRUE(node.replica().ready());
}

TEST_F(ReplicaMembership, LimitsHoldFromNowOn) {
  node.hear_all();
  ReplicaSettings settings = with_peers();
  settings.updates_per_minute = 1;
  settings.update_burst = 1;
  node.run(Reconfigured{settings});
  node.write(1, request_of({set("a", "1")}), "first");
  node.write(1, request_of({set("b", "1")}), "second");
  node.settle();
  EXPECT_THAT(node.effects(),
              AllOf(Contains(HasSubstr("ack \"first\"")), Contains(HasSubstr("rate_limited"))));
}

}  // namespace

}  // namespace anabranch::cluster
