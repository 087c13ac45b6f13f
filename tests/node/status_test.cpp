#include "node/status.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::node {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

/// The node eu of two, the peer us.
struct Fixture {
  NodeConfig node;
  ClusterConfig cluster;
  cluster::ReplicaStatus replica;
  ProcessStatus process;

  Fixture() {
    node.name = "eu";
    cluster.members.resize(2);
    cluster.members[0].name = "eu";
    cluster.members[1].name = "us";
    cluster.members[1].client_url = "wss://us.example/v1/sync";
    replica.peers.resize(1);
    replica.peers[0].name = "us";
  }

  std::string text() const { return status_json(node, cluster, replica, process); }
  json::object object() const { return json::parse(text()).as_object(); }
  json::object peer() const { return object().at("peers").at(0).as_object(); }
};

TEST(Status, WritesNumbersPlainly) {
  Fixture given;
  given.process.uptime_seconds = 1.543;
  given.replica.peers[0].lag_seconds = 0.0;
  EXPECT_THAT(given.text(), HasSubstr(R"("uptime_seconds":1.543,)"));
  EXPECT_THAT(given.text(), HasSubstr(R"("lag_seconds":0.0,)"));
}

TEST(Status, TellsOfAcksAndQueues) {
  Fixture given;
  given.cluster.replication.acks = 1;
  given.replica.load = {11, 12, 13, 14, 15};
  EXPECT_EQ(given.object().at("acks"), json::value({{"required", 1u}, {"waiting", 14u}}));
  EXPECT_EQ(given.object().at("queues"),
            json::parse(R"({"document_bytes":11,"stream_bytes":12,"pull_pieces":13,"held":15})"));
}

TEST(Status, APeerIsReadyOrNotOnlyOnceItHasSaidSo) {
  Fixture given;
  given.replica.peers[0].ready = true;
  EXPECT_TRUE(given.peer().at("ready").is_null());
  given.replica.peers[0].replica = ReplicaId{};
  EXPECT_EQ(given.peer().at("ready"), json::value(true));
}

TEST(Status, TellsWhoIsAdmitted) {
  Fixture given;
  EXPECT_EQ(given.object().at("admitted"), json::value(false));
  given.replica.admitted = true;
  EXPECT_EQ(given.object().at("admitted"), json::value(true));
  given.replica.peers[0].admitted = true;
  EXPECT_TRUE(given.peer().at("admitted").is_null());
  given.replica.peers[0].replica = ReplicaId{};
  EXPECT_EQ(given.peer().at("admitted"), json::value(true));
}

TEST(Status, TellsWhatHoldsCollectionBack) {
  Fixture given;
  EXPECT_TRUE(given.object().at("collection").at("held_back_by").is_null());
  given.replica.collection_held_back = "us is silent";
  EXPECT_EQ(given.object().at("collection").at("held_back_by"), json::value("us is silent"));
}

TEST(Status, CountsOriginsThatAreRetired) {
  Fixture given;
  given.replica.origins_retired = 2;
  EXPECT_EQ(given.object().at("origins_retired"), json::value(2u));
}

TEST(Status, CountsFloorsAndTombstones) {
  Fixture given;
  given.replica.counters.floors_raised = 3;
  given.replica.counters.tombstones_collected = 4;
  EXPECT_EQ(given.object().at("counters").at("floors_raised"), json::value(3u));
  EXPECT_EQ(given.object().at("counters").at("tombstones_collected"), json::value(4u));
}

TEST(Status, APeerWithoutAClientUrlHasNone) {
  Fixture given;
  EXPECT_EQ(given.peer().at("client_url"), json::value("wss://us.example/v1/sync"));
  given.cluster.members[1].client_url.clear();
  EXPECT_TRUE(given.peer().at("client_url").is_null());
}

}  // namespace
}  // namespace anabranch::node
