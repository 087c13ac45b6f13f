#include "cluster/peer_table.h"

#include "tests/cluster/support.h"

#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

TEST(PeerTable, KnowsTheOtherMembersAndNobodyElse) {
  PeerTable peers({{"c", "east"}, {"b", "west"}});
  EXPECT_EQ(peers.find("c")->member.region, "east");
  EXPECT_FALSE(peers.find("d"));
  EXPECT_EQ(peers.all().begin()->first, "b");
}

TEST(PeerTable, AllAreHeardWhenEachHasReportedAllThatItKnows) {
  PeerTable peers({{"b", ""}, {"c", ""}});
  EXPECT_FALSE(peers.all_heard());
  peers.find("b")->report = wire::NodeReport{};
  EXPECT_FALSE(peers.all_heard());
  peers.find("c")->report = wire::NodeReport{};
  EXPECT_TRUE(peers.all_heard());
  peers.find("c")->report->holds_beyond = true;
  EXPECT_FALSE(peers.all_heard()) << "its vector does not tell all";
  EXPECT_TRUE(PeerTable({}).all_heard());
}

TEST(PeerTable, GivesTheDurableVectorsThatHaveBeenTold) {
  PeerTable peers({{"b", ""}, {"c", ""}});
  EXPECT_TRUE(peers.durable_vectors().empty());
  peers.find("c")->durable = vector_of({{origin_a, 1}});
  ASSERT_EQ(peers.durable_vectors().size(), 1U);
  EXPECT_EQ(*peers.durable_vectors()[0], vector_of({{origin_a, 1}}));
  peers.find("c")->report = wire::NodeReport{};
  EXPECT_EQ(peers.durable_vectors().size(), 1U);
  peers.find("c")->report->draining = true;
  EXPECT_TRUE(peers.durable_vectors().empty()) << "its disk may be gone soon";
}

TEST(PeerTable, APeerIsConnectedForFiveSecondsAfterAHeartbeat) {
  Peer peer;
  EXPECT_FALSE(peer.is_connected(0));
  peer.heartbeat_ms = 1000;
  EXPECT_TRUE(peer.is_connected(5999));
  EXPECT_FALSE(peer.is_connected(6000));
}

TEST(CommitTimes, TellHowLongTheFirstMissingWriteHasWaited) {
  CommitTimes times;
  EXPECT_EQ(times.age_of_next(0, 5000), 0);
  times.note(3, 1000);
  times.note(5, 2000);
  EXPECT_DOUBLE_EQ(times.age_of_next(0, 5000), 4.0);
  EXPECT_DOUBLE_EQ(times.age_of_next(2, 5000), 4.0);
  EXPECT_DOUBLE_EQ(times.age_of_next(3, 5000), 3.0);
  EXPECT_EQ(times.age_of_next(5, 5000), 0);
}

TEST(CommitTimes, CommitsCloseTogetherShareASample) {
  CommitTimes times;
  times.note(1, 1000);
  times.note(2, 1050);
  times.note(3, 1100);
  EXPECT_DOUBLE_EQ(times.age_of_next(1, 2000), 1.0) << "taken as committed with the first";
  EXPECT_DOUBLE_EQ(times.age_of_next(2, 2000), 0.9);
}

TEST(CommitTimes, WhatIsOlderThanTheSamplesReadsAsTheOldest) {
  CommitTimes times;
  for (std::uint64_t i = 1; i <= 40'000; ++i) times.note(i, static_cast<std::int64_t>(i) * 100);
  EXPECT_DOUBLE_EQ(times.age_of_next(0, 4'000'000), 3599.9);
}

}  // namespace

}  // namespace anabranch::cluster
