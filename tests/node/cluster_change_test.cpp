#include "node/cluster_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::node {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

MemberConfig member(const std::string& name) {
  MemberConfig config;
  config.name = name;
  config.region = "somewhere";
  config.publish = "tcp://127.0.0.1:1";
  config.sync = "tcp://127.0.0.1:2";
  config.public_key = std::string(40, name.front());
  return config;
}

ClusterConfig cluster(std::uint64_t epoch = 3) {
  ClusterConfig config;
  config.name = "demo";
  config.epoch = epoch;
  config.members = {member("a"), member("b")};
  return config;
}

std::string refusal(const ClusterConfig& next) {
  const auto compared = compare_clusters(cluster(), next);
  return compared ? "accepted" : compared.error().message;
}

TEST(ClusterChange, TheSameFileChangesNothing) {
  EXPECT_THAT(*compare_clusters(cluster(), cluster()), IsEmpty());
}

TEST(ClusterChange, MembersKeysAndSettingsChangeWithTheEpoch) {
  ClusterConfig next = cluster(4);
  next.members = {member("a"), member("c")};
  next.members[0].public_key = std::string(40, 'z');
  next.replication.acks = 1;
  EXPECT_THAT(*compare_clusters(cluster(), next),
              UnorderedElementsAre("member a has another key", "member b is removed",
                                   "member c is added", "acks is 1, was 0", "epoch is 4, was 3"));
}

TEST(ClusterChange, ANextKeyIsSuchAChangeToo) {
  ClusterConfig next = cluster();
  next.members[0].next_public_key = std::string(40, 'z');
  EXPECT_THAT(refusal(next), HasSubstr("member a has a next key"));
  next.epoch = 4;
  EXPECT_THAT(*compare_clusters(cluster(), next),
              UnorderedElementsAre("member a has a next key", "epoch is 4, was 3"));
  ClusterConfig changed = cluster(5);
  changed.members[0].public_key = std::string(40, 'z');
  EXPECT_THAT(*compare_clusters(next, changed),
              UnorderedElementsAre("member a has another key", "member a has no next key any more",
                                   "epoch is 5, was 4"));
}

TEST(ClusterChange, AddressesChangeWithoutIt) {
  ClusterConfig next = cluster();
  next.members[1].sync = "tcp://127.0.0.1:9";
  EXPECT_THAT(*compare_clusters(cluster(), next),
              ElementsAre("member b: sync is tcp://127.0.0.1:9"));
}

TEST(ClusterChange, AnOlderFileIsRefused) {
  EXPECT_THAT(refusal(cluster(2)), HasSubstr("epoch 2, in force is 3"));
}

TEST(ClusterChange, AChangeUnderTheSameEpochIsRefusedAndNamed) {
  ClusterConfig next = cluster();
  next.members.push_back(member("c"));
  EXPECT_THAT(refusal(next), HasSubstr("member c is added"));
}

TEST(ClusterChange, AnotherClustersFileIsRefused) {
  ClusterConfig next = cluster(9);
  next.name = "other";
  EXPECT_THAT(refusal(next), HasSubstr("\"other\""));
}

}  // namespace

}  // namespace anabranch::node
