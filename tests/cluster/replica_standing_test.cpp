// With whom records pass.

#include "cluster/replica.h"
#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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

}  // namespace
}  // namespace anabranch::cluster
