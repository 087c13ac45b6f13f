// How an admission goes on, from the first piece to the last user, and what breaks it off.

#include "cluster/repair.h"
#include "cluster/replica.h"
#include "tests/cluster/admission_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace anabranch::cluster {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(ReplicaAdmission, UsersWhomThePeerLacksAreJudgedToo) {
  begin({}, {"aaron", "alice", "bob", "carol"});
  crdt::Write carols = write_of({origin_b, 6}, {set("x", "1")}, 12);
  carols.user = "carol";
  piece(0, {write_of({origin_b, 6}, {set("x", "1")}, 12), carols});
  EXPECT_THAT(node.effects(), Contains("load aaron"));
  node.load({{path("x"), record_of({origin_b, 1}, set("x", "\"judged\""), 3)}}, "aaron");
  node.load({}, "carol");
  EXPECT_THAT(node.effects(), Contains("load bob"));
  node.load({{path("x"), record_of({origin_c, 5}, set("x", "\"alone\""), 3)}}, "bob");
  node.settle();
  EXPECT_TRUE(admitted(node));
  const auto effects = node.effects();
  EXPECT_THAT(effects, AllOf(Contains("dismiss aaron"), Not(Contains("dismiss carol"))));
  ASSERT_EQ(anew().size(), 1U);
  EXPECT_EQ(anew()[0].user, "bob");
}

TEST_F(ReplicaAdmission, UsersBehindTheLastOfThePeersAreListedOn) {
  std::vector<UserId> first(users_per_list);
  for (std::size_t i = 0; i < first.size(); ++i) first[i] = "a" + std::to_string(10'000 + i);
  begin({}, first);
  piece(0, {});
  for (const UserId& user : first) node.load({}, user);
  node.settle();
  EXPECT_FALSE(admitted(node));
  EXPECT_THAT(node.effects(), Contains("list users after \"a10999\""));
  node.run(UsersListed{"a10999", {{"zoe"}}});
  node.load({{path("x"), record_of({origin_b, 1}, set("x", "1"), 3)}}, "zoe");
  node.settle();
  EXPECT_TRUE(admitted(node));
  EXPECT_THAT(node.effects(), Contains("dismiss zoe"));
}

TEST_F(ReplicaAdmission, WhatIsNotOnDiskYetIsListedAfterItsCommit) {
  node.warm();
  hear_c();
  node.write(1, request_of({set("x", "1")}));  // its commit is under way
  hear_b();
  EXPECT_THAT(node.effects(),
              AllOf(Contains("ask b: admission"), Not(Contains(HasSubstr("list users")))));
  node.committed();
  EXPECT_THAT(node.effects(), Contains("list users after \"\""));
}

TEST_F(ReplicaAdmission, WhatClientsWriteInItsMidstIsKept) {
  begin();
  piece(0, {floor}, false);
  node.write(1, request_of({set("before", "1")}, 12));
  piece(1, {write_of({origin_b, 6}, {set("x", "1")}, 12)});
  node.write(1, request_of({set("after", "1")}, 12));
  node.settle();
  EXPECT_EQ(state_of_alice(), "state 1: {\"after\":1,\"before\":1,\"x\":1}");
  EXPECT_TRUE(admitted(node));
}

TEST_F(ReplicaAdmission, InItsMidstNothingElseIsExchanged) {
  begin();
  EXPECT_THAT(node.effects(), Not(Contains(HasSubstr("pull"))));
  node.receive("c", wire::Pull{1, {}, 8, false});
  node.receive("c", wire::RepairPull{2, crdt::StateDigest(), 8});
  EXPECT_THAT(node.effects(), IsEmpty());
  wire::PublishedWrites published{{write_of({origin_c, 6}, {set("y", "1")})}, false};
  node.receive("c", published);
  node.settle();
  EXPECT_THAT(node.effects(), IsEmpty());
  node.receive("c", wire::Hello{});
  EXPECT_TRUE(node.last_report().holds_beyond) << "half of it is nobody's state";
}

TEST_F(ReplicaAdmission, ALostPieceBeginsItAnew) {
  begin();
  const std::uint64_t first = node.pull_id();
  piece(1, {floor});
  node.tick();
  EXPECT_THAT(node.effects(), Contains("ask b: admission"));
  EXPECT_NE(node.pull_id(), first);
}

TEST_F(ReplicaAdmission, WhereItStallsAnotherIsAsked) {
  begin();
  node.pass(Repair::stall_ms);
  hear_b();
  hear_c(true);
  node.tick();
  EXPECT_THAT(node.effects(),
              AllOf(Contains("ask c: admission"), Not(Contains("ask b: admission"))));
}

TEST_F(ReplicaAdmission, WhereThereIsNoOtherTheSameIsAskedAgain) {
  begin();
  node.pass(Repair::stall_ms);
  hear_b();
  node.tick();
  EXPECT_THAT(node.effects(), Contains("ask b: admission"));
}

TEST_F(ReplicaAdmission, AFailedCommitBeginsItAnew) {
  begin();
  piece(0, {floor, write_of({origin_b, 6}, {set("x", "1")}, 12)});
  node.committed(false);
  node.recovered(unadmitted(vector_of({{origin_a, 9}})));
  EXPECT_FALSE(admitted(node));
  hear_b();
  node.settle();
  hear_b();
  node.tick();
  node.settle();
  EXPECT_THAT(node.effects(), Contains("ask b: admission"));
  EXPECT_FALSE(admitted(node));
}

TEST_F(ReplicaAdmission, OneThatIsFoundAfterAFailedCommitStandsAndClosesTheSessionsThatItConcerns) {
  begin({{path("x"), record_of({origin_b, 1}, set("x", "1"), 2)}});
  piece(0, {floor});
  node.committed(false);
  EXPECT_THAT(node.effects(), Not(Contains("dismiss alice"))) << "it may not have come to be";
  wire::StoreState found = unadmitted(theirs);
  found.standing = {true, collected};
  node.recovered(found);
  EXPECT_THAT(node.effects(), Contains("dismiss alice"));
  node.settle();
  EXPECT_TRUE(admitted(node));
}

TEST_F(ReplicaAdmission, ANewIdInItsMidstBeginsItAnew) {
  begin();
  node.receive("c", wire::Progress{origin_c, vector_of({{origin_a, 99}})});
  piece(0, {floor});
  node.settle();
  EXPECT_FALSE(admitted(node)) << "the id decides what is kept";
  node.tick();
  node.settle();
  EXPECT_THAT(node.effects(), Contains("ask b: admission"));
}

TEST_F(ReplicaAdmission, APeerThatIsNotAdmittedAnyMoreCannotAdmit) {
  begin();
  hear_b(false);
  piece(0, {floor});
  node.settle();
  EXPECT_FALSE(admitted(node));
}

TEST_F(ReplicaAdmission, AnAnswerOfOneThatIsNotAdmittedIsNotTaken) {
  for (const bool says_who : {true, false}) {
    begin();
    wire::PullPiece piece{node.pull_id(), 0, {floor}, theirs, {}};
    if (says_who) piece.answerer = wire::Answerer{theirs, {false, {}}};
    node.receive("b", piece);
    node.settle();
    EXPECT_FALSE(admitted(node));
    restart(unadmitted(known));
  }
}

TEST_F(ReplicaAdmission, APeerThatIsRemovedIsNotWaitedFor) {
  begin();
  ReplicaSettings settings = with_acks();
  settings.others = {{"c", "east"}};
  node.run(Reconfigured{settings});
  hear_c(true);
  node.tick();
  EXPECT_THAT(node.effects(), Contains("ask c: admission"));
}

TEST_F(ReplicaAdmission, ADamagedPeerIsNotAsked) {
  hear_c();
  wire::NodeReport report = node.report(origin_b, theirs);
  report.damaged = true;
  node.receive("b", wire::Heartbeat{report});
  node.tick();
  EXPECT_THAT(node.effects(), Not(Contains("ask b: admission")));
}

TEST_F(ReplicaAdmission, AnUnadmittedNodeAdmitsNobody) {
  node.receive("c", wire::RepairPull{1, {}, 8});
  EXPECT_THAT(node.effects(), IsEmpty());
  ReplicaDriver other(with_peers());
  other.receive("c", wire::RepairPull{1, {}, 8});
  EXPECT_THAT(other.effects(), ElementsAre("serve a repair to c"));
}

TEST_F(ReplicaAdmission, AUserListThatCannotBeReadBeginsItAnew) {
  node.warm();
  hear_c();
  hear_b();
  node.effects();
  node.run(UsersListed{"", fail(Errc::io, "disk")});
  node.tick();
  EXPECT_THAT(node.effects(), Contains("ask b: admission"));
}

}  // namespace
}  // namespace anabranch::cluster
