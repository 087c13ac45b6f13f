// What becomes of the records of a replica that is admitted.

#include "cluster/replica.h"
#include "crdt/horizon.h"
#include "tests/cluster/admission_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace anabranch::cluster {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(ReplicaAdmission, TakesThePeersStateVectorAndCollectedDots) {
  EXPECT_EQ(admit({}, {floor, write_of({origin_b, 6}, {set("x", "1")}, 12)}), "state 1: {\"x\":1}");
  node.receive("c", wire::Hello{});
  const wire::NodeReport report = node.last_report();
  EXPECT_EQ(report.standing, (wire::Standing{true, collected}));
  EXPECT_EQ(report.vector, vector_of({{origin_a, 9}, {origin_b, 7}}))
      << "no more than the peer, but for its own writes";
  EXPECT_EQ(report.replica, origin_a);
  EXPECT_FALSE(report.holds_beyond);
}

TEST_F(ReplicaAdmission, IsOneOnlyWhenItIsOnDisk) {
  begin();
  piece(0, {floor});
  EXPECT_FALSE(admitted(node));
  node.settle();
  EXPECT_TRUE(admitted(node));
  EXPECT_THAT(node.effects_with_talk(), Contains(HasSubstr("heartbeat")))
      << "the others wait for it";
}

TEST_F(ReplicaAdmission, ADrainDoesNotWaitForWhatItHasTakenOutOfTheVector) {
  node.run(SetDraining{true});
  admit({}, {floor});
  EXPECT_TRUE(node.replica().drain_progress(node.now()).settled)
      << "c's writes may be nowhere, and never come";
}

TEST_F(ReplicaAdmission, WhatThePeerHasJudgedAndDoesNotHoldIsDropped) {
  EXPECT_EQ(admit({{path("x"), record_of({origin_b, 1}, set("x", "\"dead\""), 3)},
                   {path("own"), record_of({origin_a, 2}, set("own", "\"dead\""), 30)}},
                  {floor}),
            "state 1: {}");
  EXPECT_THAT(anew(), IsEmpty());
  EXPECT_THAT(lines, Contains("dismiss alice"));
}

TEST_F(ReplicaAdmission, ItsOwnAboveTheFloorStaysAsItIs) {
  EXPECT_EQ(admit({{path("own"), record_of({origin_a, 3}, set("own", "1"), 11)}}, {floor}),
            "state 1: {\"own\":1}");
  EXPECT_THAT(anew(), IsEmpty());
  EXPECT_FALSE(generation_rose());
}

TEST_F(ReplicaAdmission, SessionsStayWhereNothingHasChanged) {
  EXPECT_EQ(admit({{path("own"), record_of({origin_a, 3}, set("own", "1"), 11)}}, {}),
            "state 1: {\"own\":1}");
  EXPECT_THAT(lines, Not(Contains("dismiss alice")));
}

TEST_F(ReplicaAdmission, ItsOwnAboveTheFloorMayStillLose) {
  EXPECT_EQ(admit({{path("own"), record_of({origin_a, 3}, set("own", "1"), 11)}},
                  {floor, write_of({origin_b, 6}, {set("own", "2")}, 12)}),
            "state 1: {\"own\":2}");
  EXPECT_THAT(anew(), IsEmpty());
}

TEST_F(ReplicaAdmission, AnothersAboveTheFloorIsWrittenAnewWithItsStamp) {
  EXPECT_EQ(
      admit({{path("x"), record_of({origin_c, 5}, set("x", "1"), 11, 777, "its tab")}}, {floor}),
      "state 1: {\"x\":1}");
  ASSERT_EQ(anew().size(), 1U);
  EXPECT_EQ(anew()[0],
            (crdt::Write{"alice", {11, 777, "its tab"}, {origin_a, 10}, false, {set("x", "1")}}));
  EXPECT_FALSE(generation_rose());
}

TEST_F(ReplicaAdmission, AnothersThatLosesIsNotWritten) {
  EXPECT_EQ(admit({{path("x"), record_of({origin_c, 5}, set("x", "1"), 11)}},
                  {floor, write_of({origin_b, 6}, {unset("x")}, 12)}),
            "state 1: {}");
  EXPECT_THAT(anew(), IsEmpty());
}

TEST_F(ReplicaAdmission, BelowTheFloorItIsWrittenJustAboveIt) {
  for (const ReplicaId origin : {origin_a, origin_c}) {
    for (const std::uint64_t version : {4, 10}) {
      restart(unadmitted(known));
      EXPECT_EQ(admit({{path("x"), record_of({origin, 5}, set("x", "1"), version, 777, "its tab")}},
                      {floor}),
                "state 1: {\"x\":1}");
      ASSERT_EQ(anew().size(), 1U);
      EXPECT_EQ(anew()[0].stamp, (crdt::Stamp{11, 777, "its tab"}));
      EXPECT_EQ(anew()[0].dot, (Dot{origin_a, 10}));
      EXPECT_TRUE(generation_rose()) << "its old stamp had been told";
      EXPECT_THAT(lines, Contains("dismiss alice"));
    }
  }
}

TEST_F(ReplicaAdmission, BelowTheFloorNothingIsWrittenWhereSomethingStands) {
  for (const auto& change :
       {set("x", "{}"), set("x.y", "2"), set("x.y.z", "2"), unset("x"), unset("x.y.z")}) {
    ReplicaDriver fresh(with_peers(), unadmitted(vector_of({{origin_a, 9}})));
    fresh.warm({{path("x.y"), record_of({origin_a, 5}, set("x.y", "1"), 4)}});
    wire::NodeReport report = fresh.report(origin_c, {});
    report.standing.admitted = false;
    fresh.receive("c", wire::Heartbeat{report});
    fresh.hear("b", origin_b, theirs);
    fresh.run(UsersListed{"", {{"alice"}}});
    fresh.piece("b", 0, {floor, write_of({origin_b, 6}, {change}, 2)}, theirs);
    fresh.settle();
    fresh.effects();
    EXPECT_TRUE(admitted(fresh));
    for (const crdt::Write& write : fresh.published()) {
      EXPECT_EQ(write.changes, std::vector{crdt::generation_change(origin_a)})
          << change.path.text();
    }
  }
}

TEST_F(ReplicaAdmission, TheFloorOfThisDiskCountsToo) {
  admit({{crdt::floor_change().path, floor_record({origin_a, 3}, 20)},
         {path("x"), record_of({origin_a, 5}, set("x", "1"), 15)}},
        {floor});
  ASSERT_EQ(anew().size(), 1U);
  EXPECT_EQ(anew()[0].stamp.version, 21U);
}

TEST_F(ReplicaAdmission, TheSameWriteUnderAnotherDotStandsUnderThePeers) {
  EXPECT_EQ(admit({{path("x"), record_of({origin_a, 5}, set("x", "1"), 4)}},
                  {floor, write_of({origin_b, 6}, {set("x", "1")}, 4)}),
            "state 1: {\"x\":1}");
  EXPECT_THAT(anew(), IsEmpty());
  EXPECT_FALSE(generation_rose());
}

TEST_F(ReplicaAdmission, ABatchStaysOne) {
  crdt::Record left = record_of({origin_c, 5}, set("l", "1"), 11);
  crdt::Record right = record_of({origin_c, 5}, set("r", "1"), 11);
  left.from_batch = right.from_batch = true;
  admit({{path("l"), left}, {path("r"), right}}, {floor});
  ASSERT_EQ(anew().size(), 1U);
  EXPECT_TRUE(anew()[0].is_batch);
  EXPECT_EQ(anew()[0].changes, (std::vector{set("l", "1"), set("r", "1")}));
}

TEST_F(ReplicaAdmission, WhereNothingWasHeldTheSessionsAreToldAndNotClosed) {
  admit({}, {floor, write_of({origin_b, 6}, {set("x", "1")}, 12)});
  EXPECT_THAT(lines, AllOf(Contains("deliver alice: sync x=1 v12"), Not(Contains("dismiss alice"))))
      << "without a dot: it is not covered yet";
}

TEST_F(ReplicaAdmission, AtItsEndClientsAskAnewThatWereToldToKeepWhatTheyHad) {
  begin();
  node.ask_state(1, vector_of({{origin_b, 5}}));
  piece(0, {floor, write_of({origin_b, 6}, {set("x", "1")}, 12)}, false);
  node.settle();
  lines = node.effects();
  EXPECT_THAT(lines, AllOf(Contains(HasSubstr("behind")), Not(Contains("dismiss alice"))));
  piece(1, {});
  node.settle();
  EXPECT_THAT(node.effects(), Contains("dismiss alice"))
      << "b:5 may have been deleted and forgotten";
}

TEST_F(ReplicaAdmission, AtItsEndClientsStayThatHaveWhatTheyWereTold) {
  begin();
  node.ask_state(1);
  node.run(ClientRequest{{2}, "alice", wire::StateRequest::Want::delta, {}, false, {}});
  piece(0, {floor, write_of({origin_b, 6}, {set("x", "1")}, 12)});
  node.settle();
  lines = node.effects();
  EXPECT_THAT(lines, AllOf(Contains(HasSubstr("full")), Contains(HasSubstr("complete")),
                           Not(Contains("dismiss alice"))));
}

TEST_F(ReplicaAdmission, AReplicatedAckFollowsItsWrite) {
  node.warm();
  hear_c();
  hear_b(false);
  node.write(1, request_of({set("x", "1")}, 5));
  node.settle();
  hear_b();
  node.effects();
  node.run(UsersListed{"", {{"alice"}}});
  piece(0, {floor});
  node.settle();
  node.effects();
  ASSERT_EQ(anew().back().dot, (Dot{origin_a, 11}));
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 10}})});
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("notify")))) << "it does not stand there";
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 11}})});
  EXPECT_THAT(node.effects(), Contains("notify 1: ack \"w\" applied v5 A:11 replicated"));
}

TEST_F(ReplicaAdmission, ItIsGivenUpWithAWriteThatStandsNowhere) {
  node.warm();
  hear_c();
  hear_b(false);
  node.write(1, request_of({set("x", "1")}, 5));
  node.settle();
  hear_b();
  node.effects();
  node.run(UsersListed{"", {{"alice"}}});
  piece(0, {floor, write_of({origin_b, 6}, {set("x", "2")}, 4)});
  node.settle();
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 11}})});
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("notify"))));
}

TEST_F(ReplicaAdmission, NothingThatWasHeldBeyondTheFormerVectorIsToldOfAfterwards) {
  wire::StoreState state = unadmitted(vector_of({{origin_a, 9}}));
  state.beyond = vector_of({{origin_c, 5}});
  restart(state);
  admit({{path("x"), record_of({origin_c, 5}, set("x", "1"), 11)}}, {floor});
  node.receive("c", wire::Hello{});
  EXPECT_FALSE(node.last_report().holds_beyond) << "it was written anew: c:5 is nowhere here";
}

TEST_F(ReplicaAdmission, WhatThePeerHoldsBeyondItsVectorIsHeldSoHere) {
  // This disk's former vector covered it; the new one does not.
  admit({{path("x"), record_of({origin_c, 5}, set("x", "1"), 11)}},
        {floor, write_of({origin_c, 5}, {set("x", "1")}, 11)});
  node.receive("c", wire::Hello{});
  EXPECT_EQ(node.last_report().vector[origin_c], 0U);
  EXPECT_TRUE(node.last_report().holds_beyond);
}

TEST(ReplicaAdmissionOfEquals, NeedsNoTransfer) {
  const auto known = vector_of({{origin_a, 2}, {origin_b, 7}});
  ReplicaDriver node(with_peers(), unadmitted(known));
  wire::NodeReport report = node.report(origin_b, known);  // its digest is this node's
  report.standing.collected = vector_of({{origin_b, 3}});
  node.receive("b", wire::Heartbeat{report});
  EXPECT_THAT(node.effects(), ElementsAre("commit 1"));
  node.settle();
  node.receive("c", wire::Hello{});
  EXPECT_EQ(node.last_report().standing, report.standing);
  EXPECT_EQ(node.last_report().replica, origin_a);
}

TEST(ReplicaAdmissionOfEquals, IsForEqualsAlone) {
  const auto known = vector_of({{origin_a, 2}, {origin_b, 7}});
  for (const int differs : {0, 1, 2, 3, 4}) {
    wire::StoreState state = unadmitted(known);
    if (differs == 4) state.beyond = vector_of({{origin_c, 3}});
    ReplicaDriver node(with_peers(), state);
    wire::NodeReport report = node.report(origin_b, known);
    if (differs == 1) report.digest = "another";
    if (differs == 2) report.vector.raise(origin_b, 8);
    if (differs == 3) report.holds_beyond = true;
    node.receive("b", wire::Heartbeat{report});
    const bool asks = ::testing::Value(node.effects(), Contains("ask b: admission"));
    EXPECT_EQ(asks, differs > 0) << differs;
  }
}

TEST(ReplicaAdmissionOfEquals, WhatWaitsFromReplicasThatAreNotAdmittedIsNotTakenAnyMore) {
  ReplicaDriver node(with_peers(), unadmitted());
  wire::NodeReport report = node.report(origin_c, {});
  report.standing.admitted = false;
  node.receive("c", wire::Heartbeat{report});
  wire::PublishedWrites published{{write_of({origin_c, 1}, {set("a", "1")})}};
  published.admitted = false;
  node.receive("c", published);
  EXPECT_THAT(node.effects(), Contains("load alice")) << "it waits for her document";
  node.hear("b", origin_b, {});
  node.run(UserLoaded{"alice", wire::UserRecords{}});
  node.settle();
  ASSERT_TRUE(admitted(node));
  EXPECT_EQ(node.replica().status(node.now()).vector, crdt::VersionVector());
}

TEST(ReplicaAdmissionOfEquals, NotWhileAWriteIsUnderWay) {
  ReplicaDriver node(with_peers(), unadmitted());
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.hear("b", origin_b, {});
  node.settle();
  EXPECT_FALSE(admitted(node));
}

}  // namespace
}  // namespace anabranch::cluster
