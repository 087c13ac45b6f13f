// Tombstones that have been kept for long enough: the floor first, then they go.

#include "cluster/replica.h"
#include "crdt/horizon.h"
#include "tests/cluster/collection_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(ReplicaCollection, LooksForNothingBeforeTheRetentionHasPassedHere) {
  node.warm({{path("a"), record_of({origin_b, 1}, unset("a"), 3, -1'000'000'000)}});
  hear_both(known);
  node.tick();
  node.settle();
  node.pass(retention_ms - 1);
  node.tick();
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("find tombstones"))))
      << "by this node's clock, whatever the write says of its time";
  node.pass(pass_ms);
  node.tick();
  EXPECT_THAT(node.effects(), Contains("find tombstones {B:1}"));
}

TEST_F(ReplicaCollection, ATombstoneThatCameLateIsNotLookedForWithTheOld) {
  grow_old();
  node.publish("b", {write_of({origin_b, 2}, {unset("b")}, 4)});
  node.settle();
  node.pass(pass_ms);
  node.tick();
  EXPECT_THAT(node.effects(), Contains("find tombstones {B:1}"));
}

TEST_F(ReplicaCollection, WhereThereAreNoTombstonesNothingIsLookedForNorNoted) {
  ReplicaDriver other(with_retention(), state_of(origin_a, known));
  for (int i = 0; i < 2; ++i) {
    other.tick();
    other.pass(2 * retention_ms);
  }
  EXPECT_THAT(other.effects(), IsEmpty());
}

TEST_F(ReplicaCollection, RaisesTheFloorFirst) {
  grow_old();
  pass_finds_a();
  EXPECT_EQ(last_written(), std::vector{crdt::floor_change()});
  EXPECT_EQ(node.published().back().stamp, crdt::horizon_stamp(3));
  EXPECT_EQ(counters().floors_raised, 1U);
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, ToTheHighestOfTheUsersOldTombstones) {
  grow_old({{path("a"), record_of({origin_b, 1}, unset("a"), 3)},
            {path("b"), record_of({origin_b, 1}, unset("b"), 8)}});
  pass_finds({write_of({origin_b, 1}, {unset("a")}, 3), write_of({origin_b, 1}, {unset("b")}, 8)});
  node.settle();
  node.effects();
  EXPECT_EQ(node.published().back().stamp, crdt::horizon_stamp(8));
  EXPECT_EQ(counters().floors_raised, 1U);
}

TEST_F(ReplicaCollection, TheFloorIsRaisedOnce) {
  grow_old();
  pass_finds_a();
  pass_finds_a();
  EXPECT_EQ(counters().floors_raised, 1U);
  node.effects();
  EXPECT_EQ(node.published().size(), 1U);
}

TEST_F(ReplicaCollection, CollectsOnceEveryMemberHasTheTombstoneAndTheFloor) {
  grow_old();
  pass_finds_a();
  hear_both(with_floor);
  pass_finds_a();
  EXPECT_EQ(collected(), 1U);
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("deliver")))) << "nobody sees a difference";
  EXPECT_EQ(last_written(), std::vector{crdt::collected_change(origin_b)});
  EXPECT_EQ(node.published().back().stamp, crdt::horizon_stamp(1)) << "the tombstone's seq";
  node.receive("c", wire::Hello{});
  EXPECT_EQ(node.last_report().standing, (wire::Standing{true, known}));
}

TEST_F(ReplicaCollection, AFloorOfAnotherMemberWillDo) {
  grow_old();
  node.publish("c",
               {{"alice", crdt::horizon_stamp(3), {origin_c, 1}, false, {crdt::floor_change()}}});
  node.settle();
  hear_both(vector_of({{origin_b, 1}, {origin_c, 1}}));
  pass_finds_a();
  pass_finds_a();
  EXPECT_EQ(counters().floors_raised, 0U);
  EXPECT_EQ(collected(), 1U);
}

TEST_F(ReplicaCollection, ALowerFloorDoesNot) {
  grow_old();
  node.publish("c",
               {{"alice", crdt::horizon_stamp(2), {origin_c, 1}, false, {crdt::floor_change()}}});
  node.settle();
  hear_both(vector_of({{origin_b, 1}, {origin_c, 1}}));
  pass_finds_a();
  EXPECT_EQ(counters().floors_raised, 1U);
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, WhatHasBeenWrittenOverSinceItWasFoundIsLeft) {
  grow_old({{path("a"), record_of({origin_b, 5}, set("a", "1"), 9)},
            {path("b"), record_of({origin_b, 5}, unset("b"), 9)}});
  pass_finds({write_of({origin_b, 1}, {unset("a")}, 3), write_of({origin_b, 1}, {unset("b")}, 3),
              write_of({origin_b, 1}, {unset("gone")}, 3)});
  node.settle();
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("publish"))));
  EXPECT_EQ(counters().floors_raised, 0U);
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, TheHighestCollectedDotOfEachOriginIsNoted) {
  const auto more = vector_of({{origin_b, 4}, {origin_c, 2}});
  ReplicaDriver other(with_retention(), with_tombstone(more));
  const std::vector found = {write_of({origin_b, 4}, {unset("a")}, 3),
                             write_of({origin_b, 2}, {unset("b")}, 3),
                             write_of({origin_c, 2}, {unset("c")}, 3)};
  wire::UserRecords records;
  for (const crdt::Write& one : found) {
    records.emplace_back(one.changes[0].path, record_of(one.dot, one.changes[0], 3));
  }
  records.emplace_back(
      crdt::floor_change().path,
      crdt::Record{crdt::horizon_stamp(3), {origin_b, 4}, false, crdt::floor_change().payload});
  other.warm(records);
  other.hear("b", origin_b, more);
  other.hear("c", origin_c, more);
  other.tick();
  other.settle();
  other.pass(retention_ms);
  other.tick();
  for (std::uint64_t pass = 1; pass <= 2; ++pass) {
    other.run(TombstonesFound{pass, found, true});
    other.settle();
    other.pass(pass_ms);
    other.tick();
  }
  other.effects();
  ASSERT_EQ(other.published().size(), 2U);
  EXPECT_EQ(other.published()[0].changes, std::vector{crdt::collected_change(origin_b)});
  EXPECT_EQ(other.published()[0].stamp, crdt::horizon_stamp(4));
  EXPECT_EQ(other.published()[1].changes, std::vector{crdt::collected_change(origin_c)});
  EXPECT_EQ(other.published()[1].stamp, crdt::horizon_stamp(2));
  other.receive("c", wire::Hello{});
  EXPECT_EQ(other.last_report().standing.collected, more);
}

TEST_F(ReplicaCollection, AfterItACursorFromBeforeGetsACompleteDeltaAndAnOldWriteAnError) {
  grow_old();
  pass_finds_a();
  hear_both(with_floor);
  pass_finds_a();
  node.effects();
  ASSERT_EQ(collected(), 1U);
  node.ask_state(1, vector_of({{origin_a, 2}}));
  node.settle();
  EXPECT_THAT(node.effects(), Contains(HasSubstr("answer 1: complete v3")));
  node.ask_state(1, vector_of({{origin_a, 2}, {origin_b, 1}}));
  node.settle();
  EXPECT_THAT(node.effects(), Contains(HasSubstr("answer 1: delta v3")));
  node.write(1, request_of({set("a", "\"what it had deleted\"")}, 2));
  node.settle();
  EXPECT_THAT(node.effects(), Contains("answer 1: error too_old \"w\""));
  node.write(1, request_of({set("a", "1")}));
  node.settle();
  EXPECT_THAT(node.effects(), Contains(HasSubstr("answer 1: ack \"w\" applied v4")))
      << "the user's version has not fallen";
}

TEST_F(ReplicaCollection, AnUnadmittedNodeDoesNotLook) {
  wire::StoreState state = with_tombstone(known);
  state.standing.admitted = false;
  state.ages = {{0, known}};
  ReplicaDriver other(with_retention(), state);
  other.pass(2 * retention_ms);
  other.tick();
  EXPECT_THAT(other.effects(), Not(Contains(HasSubstr("find tombstones"))));
}

TEST_F(ReplicaCollection, APassEndsWithTheAdmission) {
  grow_old();
  pass_finds_a();
  hear_both(with_floor);
  node.pass(pass_ms);
  node.tick();
  // b has collected what this disk never had.
  wire::NodeReport report = node.report(origin_b, vector_of({{origin_a, 1}, {origin_b, 5}}));
  report.standing.collected = vector_of({{origin_b, 5}});
  node.receive("b", wire::Heartbeat{report});
  node.run(TombstonesFound{++passes, {{write_of({origin_b, 1}, {unset("a")}, 3)}}, true});
  node.settle();
  EXPECT_EQ(collected(), 0U);
}

TEST_F(ReplicaCollection, AnAnswerToAnotherPassIsNotTaken) {
  grow_old();
  node.pass(pass_ms);
  node.tick();
  node.run(TombstonesFound{7, {{write_of({origin_b, 1}, {unset("a")}, 3)}}, true});
  EXPECT_EQ(counters().floors_raised, 0U);
}

TEST_F(ReplicaCollection, APassThatCannotReadIsNotedAndComesAgain) {
  grow_old();
  node.pass(pass_ms);
  node.tick();
  node.run(TombstonesFound{++passes, fail(Errc::io, "disk"), false});
  EXPECT_THAT(node.notes(), Contains("error cannot look for tombstones: disk"));
  pass_finds_a();
  EXPECT_EQ(counters().floors_raised, 1U);
}

TEST_F(ReplicaCollection, AsksOnUntilTheLastAnswer) {
  grow_old();
  pass_finds({write_of({origin_b, 1}, {unset("a")}, 3)}, false);
  EXPECT_THAT(node.effects(), Contains("find tombstones"));
  node.run(TombstonesFound{passes, std::vector<crdt::Write>(), true});
  node.settle();
  EXPECT_THAT(node.effects(), Not(Contains("find tombstones")));
}

TEST_F(ReplicaCollection, OnePassAtATime) {
  grow_old();
  node.pass(pass_ms);
  node.tick();
  node.effects();
  node.pass(10 * pass_ms);
  node.tick();
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("find tombstones"))));
}

TEST_F(ReplicaCollection, WaitsForAUsersRecords) {
  grow_old();
  crdt::Write bobs = write_of({origin_b, 1}, {unset("a")}, 3);
  bobs.user = "bob";
  pass_finds({bobs});
  EXPECT_THAT(node.effects(), Contains("load bob"));
  node.load({{path("a"), record_of({origin_b, 1}, unset("a"), 3)}}, "bob");
  EXPECT_EQ(counters().floors_raised, 1U);
}

TEST_F(ReplicaCollection, AFailedCommitCollectsNothing) {
  grow_old();
  pass_finds_a();
  hear_both(with_floor);
  node.effects();
  pass_finds({write_of({origin_b, 1}, {unset("a")}, 3)});
  ASSERT_EQ(node.last_batch().records.front().path, crdt::floor_change().path);
  node.committed(false);
  wire::StoreState state = with_tombstone(with_floor);
  node.recovered(state);
  node.receive("c", wire::Hello{});
  EXPECT_EQ(node.last_report().standing.collected, crdt::VersionVector());
}

TEST_F(ReplicaCollection, ASlowDiskHoldsItUp) {
  constexpr std::size_t answers = 10;
  std::vector<std::vector<crdt::Write>> found(answers);
  wire::UserRecords records = {
      {crdt::floor_change().path,
       {crdt::horizon_stamp(3), {origin_b, 1}, false, crdt::floor_change().payload}}};
  const std::string part(250, 'x');
  for (std::size_t i = 0; i < answers * 1000; ++i) {
    const auto change = unset(part + "." + part + "." + part + "." + std::to_string(i));
    found[i / 1000].push_back(write_of({origin_b, 1}, {change}, 3));
    records.emplace_back(change.path, record_of({origin_b, 1}, change, 3));
  }
  grow_old(std::move(records));
  pass_finds({});               // all floors are as high as they have to be
  pass_finds(found[0], false);  // the disk is busy with its commit from now on
  std::size_t given = 1;
  while (given < answers && ::testing::Value(node.effects(), Contains("find tombstones"))) {
    node.run(TombstonesFound{passes, found[given++], false});
  }
  EXPECT_LT(given, answers) << "or the work that waits for it grows without a bound";
  node.committed();
  EXPECT_THAT(node.effects(), Contains("find tombstones")) << "and then it goes on";
}

TEST(ReplicaCollectionAlone, ANodeWithoutOthersCollectsByItself) {
  ReplicaDriver node(with_retention({}), with_tombstone(vector_of({{origin_a, 1}})));
  const std::vector found = {write_of({origin_a, 1}, {unset("a")}, 3)};
  node.warm({{path("a"), record_of({origin_a, 1}, unset("a"), 3)}});
  node.tick();
  node.settle();
  node.pass(retention_ms);
  for (std::uint64_t pass = 1; pass <= 2; ++pass) {
    node.pass(pass_ms);
    node.tick();
    node.run(TombstonesFound{pass, found, true});
    node.settle();
  }
  const Counters counters = node.replica().status(node.now()).counters;
  EXPECT_EQ(counters.floors_raised, 1U);
  EXPECT_EQ(counters.tombstones_collected, 1U);
}

}  // namespace
}  // namespace anabranch::cluster
