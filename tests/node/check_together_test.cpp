#include "node/config.h"
#include "transport/peer/peer_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace anabranch::node {
namespace {

using testing::HasSubstr;

/// Two members on loopback, plain text; this node is "eu".
struct Together {
  Together() {
    node.source.file = "node.toml";
    node.source.lines = {{"name", 1}, {"peers.listen_publish", 8}, {"peers.listen_sync", 9}};
    node.name = "eu";
    node.peers.listen_publish = "tcp://127.0.0.1:7101";
    node.peers.listen_sync = "tcp://[::1]:7201";
    cluster.source.file = "cluster.toml";
    cluster.members.push_back(
        {3, "eu", "", "tcp://127.0.0.1:7101", "tcp://localhost:7201", "", ""});
    cluster.members.push_back({7, "us", "", "tcp://127.0.0.2:7102", "tcp://[::1]:7202", "", ""});
  }

  void give_keys() {
    const auto keys = transport::make_curve_keys();
    node.peers.secret_key = keys.secret_key;
    node.peers.public_key = keys.public_key;
    cluster.members[0].public_key = keys.public_key;
    cluster.members[1].public_key = transport::make_curve_keys().public_key;
  }

  std::string refusal() const {
    const auto checked = check_together(node, cluster);
    return checked ? "valid" : checked.error().message;
  }

  NodeConfig node;
  ClusterConfig cluster;
};

TEST(CheckTogether, PlainTextOnLoopbackIsValid) { EXPECT_EQ(Together().refusal(), "valid"); }

TEST(CheckTogether, KeysOfAllMembersAreValidAnywhere) {
  Together files;
  files.give_keys();
  files.cluster.members[1].publish = "tcp://us.example:7102";
  files.node.peers.listen_sync = "tcp://0.0.0.0:7201";
  EXPECT_EQ(files.refusal(), "valid");
}

TEST(CheckTogether, TheNodeMustBeAMember) {
  Together files;
  files.node.name = "asia";
  EXPECT_EQ(files.refusal(),
            "node.toml:1: name: \"asia\" is no member of cluster.toml, which has eu, us");
}

TEST(CheckTogether, PlainTextBeyondLoopbackIsRefused) {
  const auto refusal_with = [](auto change) {
    Together files;
    change(files);
    return files.refusal();
  };
  EXPECT_THAT(refusal_with([](Together& t) { t.node.peers.listen_publish = "tcp://0.0.0.0:1"; }),
              HasSubstr("node.toml:8: peers.listen_publish: tcp://0.0.0.0:1 is beyond loopback"));
  EXPECT_THAT(refusal_with([](Together& t) { t.node.peers.listen_sync = "tcp://*:1"; }),
              HasSubstr("node.toml:9: peers.listen_sync: tcp://*:1 is beyond loopback"));
  EXPECT_THAT(refusal_with([](Together& t) { t.cluster.members[1].publish = "tcp://10.0.0.1:1"; }),
              HasSubstr("cluster.toml:7: member.publish: tcp://10.0.0.1:1 is beyond loopback"));
  EXPECT_THAT(refusal_with([](Together& t) { t.cluster.members[0].sync = "tcp://eu.example:1"; }),
              HasSubstr("cluster.toml:3: member.sync: tcp://eu.example:1 is beyond loopback"));
}

TEST(CheckTogether, ANodeWithAKeyWantsOneOfEveryMember) {
  Together files;
  files.give_keys();
  files.cluster.members[1].public_key.clear();
  EXPECT_THAT(files.refusal(), HasSubstr("cluster.toml:7: member.public_key: \"us\" has none"));
}

TEST(CheckTogether, TheNodesKeyMustBeTheOneListed) {
  Together files;
  files.give_keys();
  std::swap(files.cluster.members[0].public_key, files.cluster.members[1].public_key);
  EXPECT_THAT(files.refusal(),
              HasSubstr("cluster.toml:3: member.public_key: does not belong to this node's"));
}

TEST(CheckTogether, TheNodeMayGoByTheNextKeyAlready) {
  Together files;
  files.give_keys();
  MemberConfig& own = files.cluster.members[0];
  own.next_public_key = std::exchange(own.public_key, transport::make_curve_keys().public_key);
  EXPECT_EQ(files.refusal(), "valid");
  own.next_public_key = transport::make_curve_keys().public_key;
  EXPECT_THAT(files.refusal(),
              HasSubstr("cluster.toml:3: member.public_key: and next_public_key do not belong to "
                        "this node's peers.secret_key_file, whose public key is " +
                        files.node.peers.public_key));
}

TEST(CheckTogether, AListedKeyWantsItsSecret) {
  Together files;
  files.give_keys();
  files.node.peers.secret_key.clear();
  EXPECT_THAT(files.refusal(), HasSubstr("peers.secret_key_file: is missing"));
}

TEST(CheckTogether, ListenAddressesAreMissedOnlyInAClusterOfOne) {
  Together files;
  files.node.peers = {};
  files.node.source.lines.clear();
  EXPECT_THAT(files.refusal(), HasSubstr("node.toml:1: peers.listen_publish: is missing"));
  EXPECT_THAT(files.refusal(), HasSubstr("node.toml:1: peers.listen_sync: is missing"));
  files.cluster.members.pop_back();
  EXPECT_EQ(files.refusal(), "valid");
}

TEST(CheckTogether, EverythingWrongIsReported) {
  Together files;
  files.node.name = "asia";
  files.cluster.members[0].sync = "tcp://eu.example:1";
  files.cluster.members[1].sync = "tcp://us.example:1";
  EXPECT_THAT(files.refusal(), HasSubstr("asia"));
  EXPECT_THAT(files.refusal(), HasSubstr("eu.example"));
  EXPECT_THAT(files.refusal(), HasSubstr("us.example"));
}

}  // namespace
}  // namespace anabranch::node
