#include "cluster/stable_cut.h"

#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace anabranch::cluster {

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t epoch = 3;

class StableCutTest : public testing::Test {
 protected:
  StableCutTest() {
    durable.replica = origin_a;
    hear("b", origin_b, {});
    hear("c", origin_c, {});
  }

  void hear(const std::string& name, ReplicaId replica, crdt::VersionVector vector) {
    Peer& peer = others[name];
    peer.member.name = name;
    peer.report.emplace();
    peer.report->replica = replica;
    peer.report->vector = std::move(vector);
    peer.report->epoch = epoch;
    peer.report->standing.admitted = true;
    peer.trusted_after = Dot{replica, 0};
  }
  void update() { cut.update(others, epoch, durable); }
  std::string found() { return cut.get() ? describe(*cut.get()) : "none"; }

  std::map<std::string, Peer> others;
  wire::StoreState durable;
  StableCut cut;
};

TEST_F(StableCutTest, IsWhatAllHave) {
  durable.vector = vector_of({{origin_a, 9}, {origin_b, 9}, {origin_c, 9}});
  hear("b", origin_b, vector_of({{origin_a, 5}, {origin_b, 7}}));
  hear("c", origin_c, vector_of({{origin_a, 6}, {origin_b, 3}, {origin_c, 2}}));
  update();
  EXPECT_EQ(found(), "{A:5 B:3}");
  EXPECT_THAT(cut.held_back(), IsEmpty());
}

TEST_F(StableCutTest, OfALoneNodeIsWhatItHasOnDisk) {
  others.clear();
  durable.vector = vector_of({{origin_a, 9}});
  update();
  EXPECT_EQ(found(), "{A:9}");
}

TEST_F(StableCutTest, WaitsUntilThisNodeKnowsWhatTheReportsTold) {
  hear("b", origin_b, vector_of({{origin_a, 5}, {origin_b, 7}}));
  hear("c", origin_c, vector_of({{origin_a, 5}}));
  durable.vector = vector_of({{origin_a, 5}, {origin_b, 6}});
  update();
  EXPECT_EQ(found(), "none");
  durable.vector.raise(origin_b, 7);
  update();
  EXPECT_EQ(found(), "{A:5}");
}

TEST_F(StableCutTest, ARoundGoesByTheFirstReportNotByLaterOnes) {
  hear("b", origin_b, vector_of({{origin_a, 5}, {origin_b, 7}}));
  hear("c", origin_c, vector_of({{origin_a, 5}}));
  durable.vector = vector_of({{origin_a, 9}});
  update();
  // All say more by now, and b is ahead again: no round would ever end.
  hear("b", origin_b, vector_of({{origin_a, 9}, {origin_b, 8}}));
  hear("c", origin_c, vector_of({{origin_a, 9}}));
  durable.vector.raise(origin_b, 7);
  update();
  EXPECT_EQ(found(), "{A:5}");
}

TEST_F(StableCutTest, TheLastOneHoldsWhileTheNextRoundIsUnderWay) {
  hear("b", origin_b, vector_of({{origin_a, 2}}));
  hear("c", origin_c, vector_of({{origin_a, 2}}));
  durable.vector = vector_of({{origin_a, 9}});
  update();
  hear("b", origin_b, vector_of({{origin_a, 4}, {origin_b, 1}}));
  hear("c", origin_c, vector_of({{origin_a, 4}}));
  update();
  EXPECT_EQ(found(), "{A:2}") << "b's write is not here yet";
  durable.vector.raise(origin_b, 1);
  update();
  EXPECT_EQ(found(), "{A:4}");
}

TEST_F(StableCutTest, NobodysReportMayBeMissing) {
  others["c"].report.reset();
  update();
  EXPECT_EQ(found(), "none");
  EXPECT_EQ(cut.held_back(), "c has not been heard");
}

TEST_F(StableCutTest, AMemberThatIsNotAdmittedHoldsItBack) {
  others["b"].report->standing.admitted = false;
  update();
  EXPECT_EQ(found(), "none");
  EXPECT_EQ(cut.held_back(), "b is not admitted yet");
}

TEST_F(StableCutTest, AMemberOfAnotherEpochHoldsItBack) {
  for (const std::uint64_t other : {epoch - 1, epoch + 1}) {
    others["b"].report->epoch = other;
    update();
    EXPECT_EQ(found(), "none") << "it may know of other members";
    EXPECT_THAT(cut.held_back(), HasSubstr("b goes by another epoch"));
  }
}

TEST_F(StableCutTest, AMemberWithWhomNothingIsExchangedHoldsItBack) {
  others["b"].trusted_after.reset();
  update();
  EXPECT_EQ(found(), "none");
  EXPECT_EQ(cut.held_back(), "b has missed what was collected");
}

TEST_F(StableCutTest, AMemberThatHoldsMoreThanItsVectorTellsCannotBeginARound) {
  others["b"].report->holds_beyond = true;
  update();
  EXPECT_EQ(found(), "none");
  EXPECT_EQ(cut.held_back(), "b holds records beyond its vector");
  others["b"].report->holds_beyond = false;
  update();
  EXPECT_EQ(found(), "{}");
  EXPECT_THAT(cut.held_back(), IsEmpty());
}

TEST_F(StableCutTest, WhatAMemberHoldsBeyondDoesNotUndoWhatWasFound) {
  update();
  others["c"].report->holds_beyond = true;
  update();
  EXPECT_EQ(found(), "{}");
}

TEST_F(StableCutTest, IsFoundAnewWhenAMemberHasAnotherId) {
  update();
  ASSERT_EQ(found(), "{}");
  hear("b", ReplicaId{0xBB}, vector_of({{ReplicaId{0xBB}, 1}}));
  update();
  EXPECT_EQ(found(), "none");
}

TEST_F(StableCutTest, ARoundDoesNotGoOnWithAMemberThatHasAnotherId) {
  hear("b", origin_b, vector_of({{origin_a, 5}, {origin_b, 1}}));
  hear("c", origin_c, vector_of({{origin_a, 5}}));
  durable.vector = vector_of({{origin_a, 5}});
  update();
  hear("b", ReplicaId{0xBB}, {});
  durable.vector.raise(origin_b, 1);
  update();
  EXPECT_EQ(found(), "{}") << "what the former disk had is not what this one has";
}

TEST_F(StableCutTest, AMembersWordUnderItsFormerIdDoesNotCountForItsNewOne) {
  // A word of its progress tells the new id first: no report came with it.
  others["b"].report->vector = vector_of({{origin_a, 5}});
  others["c"].report->vector = vector_of({{origin_a, 5}});
  durable.vector = vector_of({{origin_a, 5}});
  others["b"].report->replica = ReplicaId{0xBB};
  update();
  EXPECT_EQ(found(), "none");
  EXPECT_THAT(cut.held_back(), HasSubstr("b has not been heard"));
}

TEST_F(StableCutTest, IsFoundAnewWhenAMemberComesOrGoes) {
  update();
  ASSERT_EQ(found(), "{}");
  durable.vector = vector_of({{origin_a, 1}});
  hear("d", ReplicaId{0xD}, vector_of({{ReplicaId{0xD}, 1}}));
  update();
  EXPECT_EQ(found(), "none");
  others.erase("d");
  hear("b", origin_b, vector_of({{origin_a, 1}}));
  hear("c", origin_c, vector_of({{origin_a, 1}}));
  update();
  EXPECT_EQ(found(), "{A:1}");
  others.erase("c");
  hear("b", origin_b, vector_of({{origin_b, 1}}));
  update();
  EXPECT_EQ(found(), "none");
}

TEST_F(StableCutTest, ResetForgetsTheRoundToo) {
  hear("b", origin_b, vector_of({{origin_b, 1}}));
  update();
  cut.reset();
  hear("b", origin_b, vector_of({{origin_a, 1}}));
  hear("c", origin_c, vector_of({{origin_a, 1}}));
  durable.vector = vector_of({{origin_a, 1}});
  update();
  EXPECT_EQ(found(), "{A:1}");
}

/// What may be known of the three origins.
crdt::VersionVector some_vector() {
  crdt::VersionVector vector;
  for (const ReplicaId origin : {origin_a, origin_b, origin_c}) {
    vector.raise(origin, *rc::gen::inRange<std::uint64_t>(0, 4));
  }
  return vector;
}

RC_GTEST_FIXTURE_PROP(StableCutTest, IsKnownEverywhereAndFoundInTheEnd, ()) {
  for (int i = 0; i < 8; ++i) {
    // Reports and disks only ever come to know more.
    for (auto& [name, peer] : others) peer.report->vector.join(some_vector());
    durable.vector.join(some_vector());
    update();
    if (!cut.get()) continue;
    RC_ASSERT(durable.vector.covers(*cut.get()));
    for (const auto& [name, peer] : others) RC_ASSERT(peer.report->vector.covers(*cut.get()));
  }
  const crdt::VersionVector b = others["b"].report->vector;
  const crdt::VersionVector c = others["c"].report->vector;
  durable.vector.join(b);
  durable.vector.join(c);
  update();  // ends the round that was under way
  update();
  crdt::VersionVector both;
  for (const auto& [origin, seq] : b.entries()) both.raise(origin, std::min(seq, c[origin]));
  RC_ASSERT(*cut.get() == both);
}

}  // namespace

}  // namespace anabranch::cluster
