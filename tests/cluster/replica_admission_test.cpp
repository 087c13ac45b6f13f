// With whom records pass, and how a replica that is new for any reason becomes one of the cluster.

#include "cluster/repair.h"
#include "cluster/replica.h"
#include "crdt/horizon.h"
#include "replica_driver.h"
#include "support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

wire::StoreState unadmitted(crdt::VersionVector vector = {}, crdt::VersionVector collected = {}) {
  wire::StoreState state = state_of(origin_a, std::move(vector));
  state.standing = {false, std::move(collected)};
  return state;
}

crdt::Record floor_record(Dot dot, std::uint64_t floor) {
  return {crdt::horizon_stamp(floor), dot, false, crdt::floor_change().payload};
}

crdt::Write floor_write(Dot dot, std::uint64_t floor) {
  return {"alice", crdt::horizon_stamp(floor), dot, false, {crdt::floor_change()}};
}

bool admitted(ReplicaDriver& node) { return node.replica().status(node.now()).admitted; }

std::string state_of_alice(ReplicaDriver& node) {
  node.effects();
  node.run(StateRead{1, "alice", {}});
  node.settle();
  const auto effects = node.effects();
  return effects.empty() ? "" : effects.back();
}

// ---- with whom records pass

class ReplicaStanding : public ::testing::Test {
 protected:
  void hear(const std::string& peer, ReplicaId replica, crdt::VersionVector vector,
            wire::Standing standing) {
    wire::NodeReport report = node.report(replica, std::move(vector));
    report.standing = std::move(standing);
    report.digest = "another";
    node.receive(peer, wire::Heartbeat{report});
  }
  /// b publishes its writes of these seqs, as one that was admitted then or was not.
  void b_publishes(std::vector<std::uint64_t> seqs, bool admitted = true) {
    wire::PublishedWrites published;
    for (const std::uint64_t seq : seqs) {
      published.writes.push_back(write_of({origin_b, seq}, {set("b" + std::to_string(seq), "1")}));
    }
    published.admitted = admitted;
    node.receive("b", std::move(published));
    node.settle();
  }
  crdt::VersionVector vector() { return node.replica().status(node.now()).vector; }

  ReplicaDriver node{with_peers()};
};

TEST_F(ReplicaStanding, NothingIsTakenFromAPeerBeforeAWordOfHowItStands) {
  node.warm();
  b_publishes({1});
  EXPECT_EQ(vector(), crdt::VersionVector());
}

TEST_F(ReplicaStanding, WhatWasWrittenBeforeAPeersReportIsTakenByPullAlone) {
  node.warm();
  hear("b", origin_b, vector_of({{origin_b, 2}}), {true, {}});
  node.effects();
  b_publishes({1, 2});
  EXPECT_EQ(vector(), crdt::VersionVector()) << "it may have been admitted with less since";
  node.piece("b", 0, {}, vector_of({{origin_b, 2}}));
  b_publishes({2, 3});
  EXPECT_EQ(vector(), vector_of({{origin_b, 3}}));
}

TEST_F(ReplicaStanding, ALaterReportOfTheSameIdMovesNothing) {
  node.warm();
  hear("b", origin_b, {}, {true, {}});
  hear("b", origin_b, vector_of({{origin_b, 1}}), {true, {}});
  b_publishes({1});
  EXPECT_EQ(vector(), vector_of({{origin_b, 1}}));
}

TEST_F(ReplicaStanding, PublicationsOfAFormerIdAreNotTaken) {
  node.warm();
  hear("b", origin_b, {}, {true, {}});
  hear("b", ReplicaId{0xBB}, {}, {true, {}});
  b_publishes({1});
  EXPECT_EQ(vector(), crdt::VersionVector());
}

TEST_F(ReplicaStanding, AnAdmittedNodeTakesNothingThatAnUnadmittedOneWrote) {
  node.warm();
  hear("b", origin_b, {}, {false, {}});
  b_publishes({1}, false);
  b_publishes({1}, true);
  EXPECT_EQ(vector(), crdt::VersionVector());
  // … nor what b wrote before it was admitted, and was late.
  hear("b", origin_b, {}, {true, {}});
  b_publishes({1}, false);
  EXPECT_EQ(vector(), crdt::VersionVector());
}

TEST_F(ReplicaStanding, AnUnadmittedNodeTakesNothingThatAnAdmittedOneWrote) {
  ReplicaDriver fresh(with_peers(), unadmitted());
  fresh.warm();
  wire::NodeReport report = fresh.report(origin_b, {});
  report.standing.admitted = false;
  fresh.receive("b", wire::Heartbeat{report});
  wire::PublishedWrites published{{write_of({origin_b, 1}, {set("a", "1")})}};
  fresh.receive("b", published);
  EXPECT_EQ(fresh.replica().status(fresh.now()).vector, crdt::VersionVector());
  published.admitted = false;
  fresh.receive("b", published);
  fresh.settle();
  EXPECT_EQ(fresh.replica().status(fresh.now()).vector, vector_of({{origin_b, 1}}))
      << "unadmitted ones exchange among themselves";
}

TEST_F(ReplicaStanding, APullIsServedToThoseOfTheSameStandingAlone) {
  node.receive("b", wire::Pull{1, {}, 8, false});
  EXPECT_THAT(node.effects(), IsEmpty());
  node.receive("b", wire::Pull{2, {}, 8, true});
  EXPECT_THAT(node.effects(), ElementsAre("serve b"));

  ReplicaDriver fresh(with_peers(), unadmitted());
  fresh.receive("b", wire::Pull{1, {}, 8, true});
  EXPECT_THAT(fresh.effects(), IsEmpty());
  fresh.receive("b", wire::Pull{2, {}, 8, false});
  EXPECT_THAT(fresh.effects(), ElementsAre("serve b"));
}

TEST_F(ReplicaStanding, APullOfOneThatHasMissedWhatWasCollectedHereIsNotServed) {
  wire::StoreState state = state_of(origin_a, vector_of({{origin_c, 4}}));
  state.standing.collected = vector_of({{origin_c, 4}});
  ReplicaDriver other(with_peers(), state);
  other.receive("b", wire::Pull{1, vector_of({{origin_c, 3}}), 8, true});
  EXPECT_THAT(other.effects(), IsEmpty());
  other.receive("b", wire::Pull{2, vector_of({{origin_c, 4}}), 8, true});
  EXPECT_THAT(other.effects(), ElementsAre("serve b"));
}

TEST_F(ReplicaStanding, AnAnswerOfAStrangerIsGivenUp) {
  const auto theirs = vector_of({{origin_b, 1}});
  for (const int strange : {0, 1, 2, 3}) {
    ReplicaDriver asker(with_peers());
    asker.warm();
    asker.hear("b", origin_b, theirs);
    asker.effects();
    wire::PullPiece piece{asker.pull_id(),
                          0,
                          {write_of({origin_b, 1}, {set("a", "1")})},
                          theirs,
                          wire::Answerer{theirs, {true, {}}}};
    if (strange == 1) piece.answerer->standing.admitted = false;
    if (strange == 2) piece.answerer->standing.collected = vector_of({{origin_c, 1}});
    if (strange == 3) piece.answerer.reset();
    asker.receive("b", piece);
    asker.settle();
    EXPECT_EQ(asker.replica().status(asker.now()).vector,
              strange == 0 ? theirs : crdt::VersionVector())
        << strange;
  }
}

TEST_F(ReplicaStanding, ANodeThatHasMissedWhatAPeerCollectedLosesItsAdmission) {
  hear("b", origin_b, vector_of({{origin_c, 4}}), {true, vector_of({{origin_c, 4}})});
  EXPECT_THAT(node.notes(), Contains(HasSubstr("b has collected deletes that this disk does not "
                                               "know")));
  node.settle();
  EXPECT_FALSE(admitted(node));
  node.receive("c", wire::Hello{});
  EXPECT_EQ(node.last_report().replica, ReplicaId{0x100}) << "and its id";
}

TEST_F(ReplicaStanding, NotForWhatAnUnadmittedOneHasCollectedNorForWhatItKnows) {
  hear("b", origin_b, vector_of({{origin_c, 4}}), {false, vector_of({{origin_c, 4}})});
  node.settle();
  EXPECT_TRUE(admitted(node));

  ReplicaDriver knows(with_peers(), state_of(origin_a, vector_of({{origin_c, 4}})));
  wire::NodeReport report = knows.report(origin_b, vector_of({{origin_c, 9}}));
  report.standing.collected = vector_of({{origin_c, 4}});
  knows.receive("b", wire::Heartbeat{report});
  knows.settle();
  EXPECT_TRUE(admitted(knows));
}

TEST_F(ReplicaStanding, WhoeverHasMissedWhatIsCollectedHereIsNotAsked) {
  wire::StoreState state = state_of(origin_a, vector_of({{origin_c, 4}}));
  state.standing.collected = vector_of({{origin_c, 4}});
  ReplicaDriver other(with_peers(), state);
  other.hear("b", origin_b, vector_of({{origin_b, 1}}));
  EXPECT_THAT(other.effects(), Not(Contains(HasSubstr("ask b"))));
  other.hear("b", origin_b, vector_of({{origin_b, 1}, {origin_c, 4}}));
  EXPECT_THAT(other.effects(), Contains("ask b: pull {C:4}"));
}

TEST_F(ReplicaStanding, AWriteIsPublishedWithTheStandingOfItsTime) {
  node.warm();
  node.hear_all();
  node.write(1, request_of({set("a", "1")}));
  node.settle();
  node.effects();
  EXPECT_TRUE(node.last_publication().admitted);

  ReplicaDriver fresh(with_peers(), unadmitted());
  fresh.warm();
  fresh.write(1, request_of({set("a", "1")}));
  fresh.settle();
  fresh.effects();
  EXPECT_FALSE(fresh.last_publication().admitted);
}

// ---- who is the first, where nobody is admitted

class ReplicaFounder : public ::testing::Test {
 protected:
  struct Heard {
    crdt::VersionVector vector = {};
    crdt::VersionVector collected = {};
    bool admitted = false;
    std::uint64_t epoch = 1;
  };

  /// Whether one of this name is admitted when it has heard these.
  static bool founds(const std::string& name, wire::StoreState state,
                     std::vector<std::pair<std::string, Heard>> others) {
    ReplicaOptions options = with_peers();
    options.name = name;
    options.others = {{"b", "west"}, {"d", "east"}};
    ReplicaDriver node(options, std::move(state));
    for (auto& [other, heard] : others) {
      wire::NodeReport report = node.report(other == "b" ? origin_b : ReplicaId{0xD}, heard.vector);
      report.standing = {heard.admitted, heard.collected};
      report.epoch = heard.epoch;
      report.digest = "another";
      node.receive(other, wire::Heartbeat{report});
    }
    node.tick();
    node.settle();
    return ReplicaFounder::is_admitted(node);
  }
  static bool is_admitted(ReplicaDriver& node) { return admitted(node); }
};

TEST_F(ReplicaFounder, IsTheLeastByName) {
  EXPECT_TRUE(founds("a", unadmitted(), {{"b", {}}, {"d", {}}}));
  EXPECT_FALSE(founds("c", unadmitted(), {{"b", {}}, {"d", {}}}));
}

TEST_F(ReplicaFounder, IsNobodyBeforeAllHaveBeenHeard) {
  EXPECT_FALSE(founds("a", unadmitted(), {}));
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}}));
}

TEST_F(ReplicaFounder, IsNobodyWhereOneIsAdmittedOrOfAnotherEpoch) {
  Heard is_admitted;
  is_admitted.admitted = true;
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}, {"d", is_admitted}}));
  Heard elsewhere;
  elsewhere.epoch = 2;
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}, {"d", elsewhere}}));
}

TEST_F(ReplicaFounder, IsTheLeastOfThoseWhoKnowOfAllThatWasCollected) {
  const auto some = vector_of({{origin_c, 4}});
  const Heard collector{some, some};
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}, {"d", collector}}));
  EXPECT_TRUE(founds("a", unadmitted(some), {{"b", {}}, {"d", collector}}));
  EXPECT_TRUE(founds("c", unadmitted(some), {{"b", {}}, {"d", collector}}))
      << "b comes first by name, and knows too little";
  EXPECT_FALSE(founds("e", unadmitted(some), {{"b", {}}, {"d", collector}}));
  EXPECT_TRUE(founds("c", unadmitted(some, some), {{"b", {}}, {"d", {}}}))
      << "what it collected itself counts too";
}

TEST_F(ReplicaFounder, IsTheLeastOfAllWhereNobodyKnowsEverything) {
  const auto c4 = vector_of({{origin_c, 4}});
  const auto b7 = vector_of({{origin_b, 7}});
  EXPECT_TRUE(founds("a", unadmitted(), {{"b", {c4, c4}}, {"d", {b7, b7}}}));
  EXPECT_FALSE(founds("c", unadmitted(), {{"b", {c4, c4}}, {"d", {b7, b7}}}));
}

TEST_F(ReplicaFounder, IsWhoeverIsAlone) {
  ReplicaDriver node({}, unadmitted());
  node.tick();
  EXPECT_FALSE(admitted(node)) << "not before it is on disk";
  node.settle();
  EXPECT_TRUE(admitted(node));
}

TEST_F(ReplicaFounder, NotOneThatWasHeardTooLongAgo) {
  ReplicaOptions options = with_peers();
  options.name = "a";
  ReplicaDriver node(options, unadmitted());
  wire::NodeReport report = node.report(origin_b, {});
  report.standing.admitted = false;
  node.receive("b", wire::Heartbeat{report});
  node.pass(heartbeat_limit_ms);
  report.replica = origin_c;
  node.receive("c", wire::Heartbeat{report});
  node.settle();
  EXPECT_FALSE(admitted(node)) << "b may be admitted by now";
}

// ---- the admission

class ReplicaAdmission : public ::testing::Test {
 protected:
  ReplicaAdmission() : node(held.emplace(with_acks(), unadmitted(known))) {}

  /// Another process, with this on its disk.
  void restart(wire::StoreState state) { held.emplace(with_acks(), std::move(state)); }

  static ReplicaOptions with_acks() {
    ReplicaOptions options = with_peers();
    options.acks = 1;
    return options;
  }

  void hear_b(bool is_admitted = true) {
    wire::NodeReport report = node.report(origin_b, theirs);
    report.standing = {is_admitted, collected};
    report.digest = "another";
    node.receive("b", wire::Heartbeat{report});
  }
  void hear_c(bool is_admitted = false) {
    wire::NodeReport report = node.report(origin_c, {});
    report.standing.admitted = is_admitted;
    report.digest = "another";
    node.receive("c", wire::Heartbeat{report});
  }
  /// b is to admit this node, which has these records of alice and these users.
  void begin(wire::UserRecords records = {}, std::vector<UserId> users = {"alice"}) {
    node.warm(std::move(records));
    hear_c();  // or it would take a new id first, for c may know more of this one
    hear_b();
    ASSERT_THAT(node.effects(),
                AllOf(Contains("ask b: admission"), Contains("list users after \"\"")));
    node.run(UsersListed{"", std::move(users)});
  }
  void piece(std::uint64_t index, std::vector<crdt::Write> writes, bool last = true) {
    wire::PullPiece piece{node.pull_id(), index, std::move(writes), {}, {}};
    if (last) piece.vector = theirs;
    if (index == 0) piece.answerer = wire::Answerer{theirs, {true, collected}};
    node.receive("b", std::move(piece));
  }
  /// The whole admission. Alice's state afterwards.
  std::string admit(wire::UserRecords records, std::vector<crdt::Write> answer) {
    begin(std::move(records));
    piece(0, std::move(answer));
    node.settle();
    lines = node.effects();
    EXPECT_TRUE(admitted(node));
    return state_of_alice(node);
  }
  /// What was written anew, without the generation.
  std::vector<crdt::Write> anew() {
    std::vector<crdt::Write> writes = node.published();
    std::erase_if(writes, [](const crdt::Write& write) {
      return write.changes == std::vector{crdt::generation_change()};
    });
    return writes;
  }
  bool generation_rose() { return anew().size() < node.published().size(); }

  const crdt::VersionVector known = vector_of({{origin_a, 9}, {origin_b, 1}, {origin_c, 5}});
  const crdt::VersionVector theirs = vector_of({{origin_a, 2}, {origin_b, 7}});
  const crdt::VersionVector collected = vector_of({{origin_b, 3}});
  const crdt::Write floor = floor_write({origin_b, 4}, 10);
  std::optional<ReplicaDriver> held;
  ReplicaDriver& node;
  std::vector<std::string> lines;
};

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
      EXPECT_EQ(write.changes, std::vector{crdt::generation_change()}) << change.path.text();
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
  EXPECT_EQ(state_of_alice(node), "state 1: {\"after\":1,\"before\":1,\"x\":1}");
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
