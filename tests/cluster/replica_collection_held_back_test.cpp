// What holds the collection of tombstones back.

#include "cluster/replica.h"
#include "tests/cluster/collection_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace anabranch::cluster {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST_F(ReplicaCollection, NotInThePassThatRaisesTheFloor) {
  grow_old();
  hear_both(vector_of({{origin_b, 1}, {origin_c, 0}}));
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, NotWhileAMemberLacksTheFloor) {
  grow_old();
  pass_finds_a();
  node.hear("b", origin_b, with_floor);
  node.hear("c", origin_c, known);
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, NotWhileAMemberLacksTheTombstone) {
  grow_old();
  pass_finds_a();
  node.hear("b", origin_b, with_floor);
  node.hear("c", origin_c, vector_of({{origin_a, 1}}));
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, NotWhileAMemberHasToldOfWritesThatAreNotHere) {
  grow_old();
  pass_finds_a();
  node.hear("b", origin_b, vector_of({{origin_a, 1}, {origin_b, 2}}));
  node.hear("c", origin_c, with_floor);
  pass_finds_a();
  EXPECT_EQ(collected(), 0U) << "b:2 may be what the tombstone hides";
  node.publish("b", {write_of({origin_b, 2}, {set("x", "1")}, 9)});
  node.settle();
  pass_finds_a();
  EXPECT_EQ(collected(), 1U);
}

TEST_F(ReplicaCollection, NotWhileAMemberIsUnadmitted) {
  grow_old();
  pass_finds_a();
  hear_both(with_floor);
  wire::NodeReport report = node.report(origin_c, with_floor);
  report.standing.admitted = false;
  node.receive("c", wire::Heartbeat{report});
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
  EXPECT_EQ(held_back(), "c is not admitted yet");
}

TEST_F(ReplicaCollection, NotWhileAMemberGoesByAnotherEpoch) {
  grow_old();
  pass_finds_a();
  hear_both(with_floor);
  wire::NodeReport report = node.report(origin_c, with_floor);
  ++report.epoch;
  node.receive("c", wire::Heartbeat{report});
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, NotWhileAMemberHoldsMoreThanItsVectorTells) {
  grow_old();
  pass_finds_a();
  node.hear("b", origin_b, with_floor);
  node.hear("c", origin_c, with_floor, true);
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, NotWhileAMemberIsUnheardUnderItsNewId) {
  grow_old();
  pass_finds_a();
  hear_both(with_floor);
  node.receive("c", wire::Progress{ReplicaId{0xCC}, {}});
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
  EXPECT_THAT(held_back(), HasSubstr("c has not been heard"));
  node.hear("c", ReplicaId{0xCC}, with_floor);
  pass_finds_a();
  EXPECT_EQ(collected(), 1U);
}

TEST_F(ReplicaCollection, NotWhileAMemberIsUnheard) {
  node.warm({{path("a"), record_of({origin_b, 1}, unset("a"), 3)}});
  node.hear("b", origin_b, known);
  node.tick();
  node.settle();
  node.pass(retention_ms);
  pass_finds_a();  // (its first write is under a new id: c may know more of the former one)
  node.effects();
  const Dot floor = node.published().back().dot;
  auto all = known;
  all.raise(floor.origin, floor.seq);
  node.hear("b", origin_b, all);
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
  EXPECT_EQ(held_back(), "c has not been heard");
  node.hear("c", origin_c, all);
  pass_finds_a();
  EXPECT_EQ(collected(), 1U);
}

TEST_F(ReplicaCollection, AMemberThatIsGoneForGoodHoldsItBackUntilItIsRemoved) {
  grow_old();
  pass_finds_a();
  node.hear("b", origin_b, with_floor);
  pass_finds_a();
  EXPECT_EQ(collected(), 0U);
  ReplicaSettings settings = with_retention();
  settings.others = {{"b", "west"}};
  node.run(Reconfigured{settings});
  pass_finds_a();
  EXPECT_EQ(collected(), 1U);
}

TEST_F(ReplicaCollection, NotWhileAnAncestorsValueHoldsTheKey) {
  grow_old({{path("a"), record_of({origin_b, 1}, set("a", R"({"x":1})"), 2)},
            {path("a.x"), record_of({origin_b, 1}, unset("a.x"), 3)}});
  const std::vector tombstone = {write_of({origin_b, 1}, {unset("a.x")}, 3)};
  pass_finds(tombstone);
  node.settle();
  hear_both(with_floor);
  pass_finds(tombstone);
  node.settle();
  EXPECT_EQ(collected(), 0U) << "the key would show again";
  node.effects();
  node.run(StateRead{1, "alice", {}});
  EXPECT_THAT(node.effects(), Contains("state 1: {\"a\":{}}"));
}

TEST_F(ReplicaCollection, AnAncestorsValueWithoutTheKeyDoesNotHoldIt) {
  grow_old({{path("a"), record_of({origin_b, 1}, set("a", R"({"y":1})"), 2)},
            {path("a.x"), record_of({origin_b, 1}, unset("a.x"), 3)}});
  const std::vector tombstone = {write_of({origin_b, 1}, {unset("a.x")}, 3)};
  pass_finds(tombstone);
  node.settle();
  hear_both(with_floor);
  pass_finds(tombstone);
  EXPECT_EQ(collected(), 1U);
}

}  // namespace
}  // namespace anabranch::cluster
