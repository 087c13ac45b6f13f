// Records that are not what they should be: found by a scrub or by unequal digests, and mended.

#include "cluster/repair.h"
#include "cluster/replica.h"
#include "crdt/horizon.h"
#include "replica_driver.h"
#include "support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::cluster {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ReplicaOptions with_peers() {
  ReplicaOptions options;
  options.others = {{"b", "there"}, {"c", "elsewhere"}};
  return options;
}

/// What a scrub tells that found alice's bucket to add up to one more than it should.
Scrubbed alices_bucket() {
  Scrubbed scrubbed;
  scrubbed.findings.differences[crdt::StateDigest::bucket_of("alice")] = 1;
  return scrubbed;
}

class ReplicaRepair : public ::testing::Test {
 protected:
  ReplicaRepair() {
    node.warm({{path("a"), record_of({origin_b, 1}, set("a", "\"rotten\""), 1, 500, "tab")},
               {path("mine"), record_of({origin_a, 1}, set("mine", "1"), 2, 500, "tab")}});
    node.hear("b", origin_b, known);
    node.hear("c", origin_c, known);
    node.tick();
    node.effects();
  }

  Counters counters() { return node.replica().status(node.now()).counters; }
  std::vector<std::string> settled() {
    node.settle();
    return node.effects();
  }
  void damage() {
    node.run(alices_bucket());
    node.settle();
    node.hear("b", origin_b, known);
    node.tick();
  }
  /// b's records of alice.
  std::vector<crdt::Write> right() {
    return {write_of({origin_b, 1}, {set("a", "\"right\"")}, 1, 500, "tab")};
  }

  const crdt::VersionVector known = vector_of({{origin_a, 1}, {origin_b, 1}});
  ReplicaDriver node{with_peers(), state_of(origin_a, vector_of({{origin_a, 1}, {origin_b, 1}}))};
};

TEST(ReplicaScrub, BeginsOnceCaughtUpAndComesBack) {
  ReplicaOptions options;
  options.scrub_interval_ms = 1000;
  ReplicaDriver node(options);
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Contains("scrub"));
  node.pass(999);
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Not(Contains("scrub")));
  node.pass(1);
  node.tick();
  EXPECT_THAT(node.effects_with_talk(), Contains("scrub"));
}

TEST_F(ReplicaRepair, AScrubThatFindsNothingChangesNothing) {
  node.run(Scrubbed{});
  EXPECT_THAT(settled(), IsEmpty());
  EXPECT_EQ(counters().divergences_found, 0U);
}

TEST_F(ReplicaRepair, DamageIsReplacedByWhatAPeerHas) {
  const std::string digest = node.replica().status(node.now()).digest;
  damage();
  EXPECT_NE(node.replica().status(node.now()).digest, digest) << "it tells of what is there";
  EXPECT_EQ(counters().divergences_found, 1U);
  EXPECT_THAT(node.effects(), AllOf(Contains("commit 1"), Contains("ask b: repair")));

  auto theirs = right();
  theirs.push_back(write_of({origin_a, 1}, {set("mine", "1")}, 2, 500, "tab"));
  node.piece("b", 0, theirs, known);
  EXPECT_THAT(node.effects(), ElementsAre("load alice")) << "what is in memory may hide the disk";
  node.load({{path("a"), record_of({origin_b, 1}, set("a", "\"rotten\""), 1, 500, "tab")},
             {path("mine"), record_of({origin_a, 1}, set("mine", "1"), 2, 500, "tab")}});
  node.tick();
  EXPECT_THAT(settled(), ElementsAre("commit 2", "publish writes A:2", "dismiss alice"))
      << "not asked for again";
  EXPECT_EQ(node.published().back().changes, std::vector{crdt::generation_change(origin_a)});
  EXPECT_EQ(node.last_batch().damaged, false);
  EXPECT_EQ(counters().divergences_repaired, 1U);

  node.run(StateRead{1, "alice", {}});
  EXPECT_THAT(node.effects(), ElementsAre("state 1: {\"a\":\"right\",\"mine\":1}"));
}

TEST_F(ReplicaRepair, WhatThePeerCannotKnowYetStays) {
  damage();
  node.write(1, request_of({set("late", "1")}));
  node.load({{path("a"), record_of({origin_b, 1}, set("a", "\"rotten\""), 1, 500, "tab")}});
  node.settle();
  node.effects();
  node.piece("b", 0, right(), known);
  node.settle();
  node.effects();
  node.run(StateRead{1, "alice", {}});
  EXPECT_THAT(node.effects(), ElementsAre("state 1: {\"a\":\"right\",\"late\":1}"));
}

TEST_F(ReplicaRepair, ACursorFromBeforeGetsACompleteDelta) {
  damage();
  node.piece("b", 0, right(), known);
  node.load({{path("a"), record_of({origin_b, 1}, set("a", "\"rotten\""), 1, 500, "tab")}});
  node.settle();
  node.effects();
  node.ask_state(1, known);
  EXPECT_THAT(settled(), ElementsAre(HasSubstr("answer 1: complete a=\"right\"")));
  crdt::Horizon mended;
  mended.generations.raise(origin_a, 1);
  ClientRequest request{{1}, "alice", {}, wire::Cursor{known, mended.generation()}, true, {}};
  node.run(request);
  EXPECT_THAT(settled(), ElementsAre(HasSubstr("answer 1: delta v"))) << "not one from since then";
}

TEST_F(ReplicaRepair, OnesThatOthersMadeAtTheSameTimeCloseTheSessionsTwice) {
  const auto raised = [](Dot dot) {
    return write_of(dot, {crdt::generation_change(dot.origin)}, 1, 0, "-");
  };
  node.publish("b", {raised({origin_b, 2})});
  EXPECT_THAT(settled(), Contains("dismiss alice"));
  node.publish("c", {raised({origin_c, 1})});
  EXPECT_THAT(settled(), Contains("dismiss alice")) << "neither takes the other's place";
}

TEST_F(ReplicaRepair, ADamagedPeerIsNotAskedAndADamagedNodeDoesNotAnswer) {
  damage();
  node.effects();
  node.receive("c", wire::RepairPull{7, {}, 4});
  EXPECT_THAT(node.effects(), Not(Contains("serve a repair to c")));

  ReplicaDriver other(with_peers());
  other.hear_digest("b", origin_b, "another", true);
  other.tick();
  EXPECT_THAT(other.effects(), Not(Contains("ask b: repair")));
  EXPECT_EQ(other.replica().status(other.now()).counters.divergences_found, 0U);
}

TEST_F(ReplicaRepair, OfTwoDamagedNodesNeitherMendsFromTheOther) {
  node.run(alices_bucket());
  node.settle();
  node.hear_digest("b", origin_b, "another", true);
  node.hear("c", origin_c, known);
  node.tick();
  EXPECT_THAT(node.effects(), AllOf(Contains("ask c: repair"), Not(Contains("ask b: repair"))));
}

TEST_F(ReplicaRepair, ALostPieceIsAskedForAgain) {
  damage();
  node.effects();
  node.piece("b", 1, right());
  node.tick();
  EXPECT_THAT(node.effects(), Contains("ask b: repair"));
}

TEST_F(ReplicaRepair, ARepairThatStallsIsAskedForAgain) {
  damage();
  node.effects();
  node.pass(Repair::stall_ms);
  node.hear("b", origin_b, known);
  node.tick();
  EXPECT_THAT(node.effects(), Contains("ask b: repair"));
}

TEST_F(ReplicaRepair, NodesThatDifferThoughBothAreSureMerge) {
  node.hear_digest("b", origin_b, "another");
  node.tick();
  EXPECT_THAT(node.effects(), Contains("ask b: repair"));
  EXPECT_EQ(counters().divergences_found, 1U);
  node.piece("b", 0,
             {write_of({origin_b, 1}, {set("a", "\"xxxxxx\"")}, 1, 500, "tab"),
              write_of({origin_a, 1}, {set("more", "1")}, 2, 500, "tab")},
             known);
  EXPECT_THAT(settled(), ElementsAre("commit 1", "publish writes A:2", "dismiss alice"));
  EXPECT_EQ(counters().divergences_repaired, 1U);
  node.run(StateRead{1, "alice", {}});
  EXPECT_THAT(node.effects(), ElementsAre("state 1: {\"a\":\"xxxxxx\",\"mine\":1,\"more\":1}"))
      << "the greater content of equal stamps stands, as on b";
}

TEST_F(ReplicaRepair, APeerIsServedOnceForEachRepair) {
  node.receive("c", wire::RepairPull{7, {}, 4});
  node.receive("c", wire::RepairPull{7, {}, 4});
  EXPECT_THAT(node.effects(), ElementsAre("serve a repair to c"));
}

}  // namespace
}  // namespace anabranch::cluster
