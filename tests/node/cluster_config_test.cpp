#include "node/config.h"
#include "tests/node/node_files.h"
#include "tests/node/readable_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace anabranch::node {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string key_a(40, 'a');
const std::string key_b(40, 'b');

std::string member(const std::string& name, const std::string& more = "") {
  std::string text = "[[member]]\nname = \"";
  text += name;
  text += "\"\npublish = \"tcp://127.0.0.1:1\"\nsync = \"tcp://127.0.0.1:2\"\n";
  return text + more;
}

std::string refusal(const std::string& text) {
  const NodeFiles files;
  const auto config = load_cluster_config(files.scratch.write("cluster.toml", text));
  if (config) return "valid";
  EXPECT_EQ(config.error().code, Errc::invalid_config);
  return config.error().message;
}

std::string refusal_of_members(const std::string& members) {
  return refusal("name = \"demo\"\nepoch = 1\n" + members);
}

TEST(ClusterConfig, EverySettingIsRead) {
  const NodeFiles files;
  const auto config = load_cluster_config(files.scratch.write("cluster.toml", R"(
name = "demo"
epoch = 7
[replication]
acks = 1
tombstone_retention = "5m"
[[member]]
name = "eu"
region = "eu-west"
publish = "tcp://10.0.0.1:7101"
sync = "tcp://eu.example:7201"
public_key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
client_url = "wss://eu.example/v1/sync"
[[member]]
name = "us"
publish = "tcp://[2001:db8::1]:7101"
sync = "tcp://127.0.0.1:7202"
)"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->name, "demo");
  EXPECT_EQ(config->epoch, 7u);
  EXPECT_EQ(config->replication.acks, 1u);
  EXPECT_EQ(config->replication.tombstone_retention, 5min);
  ASSERT_EQ(config->members.size(), 2u);
  EXPECT_EQ(config->members[0].name, "eu");
  EXPECT_EQ(config->members[0].region, "eu-west");
  EXPECT_EQ(config->members[0].publish, "tcp://10.0.0.1:7101");
  EXPECT_EQ(config->members[0].sync, "tcp://eu.example:7201");
  EXPECT_EQ(config->members[0].public_key, key_a);
  EXPECT_EQ(config->members[0].client_url, "wss://eu.example/v1/sync");
  EXPECT_EQ(config->find("us"), &config->members[1]);
  EXPECT_EQ(config->find("asia"), nullptr);
}

TEST(ClusterConfig, DefaultsAreThoseOfTheManual) {
  const NodeFiles files;
  const auto config = load_cluster_config(files.scratch / "cluster.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->replication.acks, 0u);
  EXPECT_EQ(config->replication.tombstone_retention, 24h * 30);
  EXPECT_EQ(config->members[0].client_url, "");
}

TEST(ClusterConfig, NameEpochAndMembersAreRequired) {
  const std::string message = refusal("");
  EXPECT_THAT(message, HasSubstr("cluster.toml:1: name: is missing"));
  EXPECT_THAT(message, HasSubstr("cluster.toml:1: epoch: is missing"));
  EXPECT_THAT(message, HasSubstr("cluster.toml:1: member: is missing"));
}

struct Bad {
  const char* text;
  const char* finding;
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << readable_name(std::string(bad.text) + ' ' + bad.finding);
}

class ClusterConfigBad : public testing::TestWithParam<Bad> {};

TEST_P(ClusterConfigBad, IsRefusedWithFileLineAndKey) {
  EXPECT_THAT(refusal(GetParam().text),
              HasSubstr("cluster.toml:" + std::string(GetParam().finding)));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, ClusterConfigBad,
    testing::Values(
        Bad{"name = \"a/b\"", "1: name: must be 1 to 64 letters"},
        Bad{"name = 1", "1: name: must be text in quotes"},
        Bad{"epoch = 0", "1: epoch: must be at least 1, is 0"},
        Bad{"epoch = -1", "1: epoch: must be at least 1, is -1"},
        Bad{"epoch = \"1\"", "1: epoch: must be a whole number"},
        Bad{"epoch = 9007199254740992", "1: epoch: must be at most 9007199254740991"},
        Bad{"members = []",
            "1: members: unknown key; known here are epoch, member, name, replication"},
        Bad{"member = \"eu\"", "1: member: must be tables, each under [[member]]"},
        Bad{"[replication]\nacks = -1", "2: replication.acks: must be at least 0, is -1"},
        Bad{"[replication]\nacks = true", "2: replication.acks: must be a whole number"},
        Bad{"[replication]\ntombstone_retention = \"0s\"",
            "2: replication.tombstone_retention: must be at least 1ms, is 0s"},
        Bad{"[replication]\ntombstone_retention = \"30 d\"",
            "2: replication.tombstone_retention: must be a duration"},
        Bad{"[replication]\ntombstone_retention = 30",
            "2: replication.tombstone_retention: must be text in quotes"},
        Bad{"[replication]\nack = 1", "2: replication.ack: unknown key"},
        Bad{"[[member]]\nregion = \"x\"", "1: member.name: is missing"},
        Bad{"[[member]]\nregion = \"x\"", "1: member.publish: is missing"},
        Bad{"[[member]]\nregion = \"x\"", "1: member.sync: is missing"},
        Bad{"[[member]]\nname = \"a b\"", "2: member.name: must be 1 to 64 letters"},
        Bad{"[[member]]\nregion = \"a\\nb\"", "2: member.region: must be at most 64 bytes"},
        Bad{"[[member]]\nregion = 5", "2: member.region: must be text in quotes"},
        Bad{"[[member]]\npublish = \"127.0.0.1:1\"", "2: member.publish: must be an endpoint"},
        Bad{"[[member]]\npublish = \"tcp://*:1\"", "2: member.publish: must be an endpoint"},
        Bad{"[[member]]\npublish = \"tcp://127.0.0.1:0\"",
            "2: member.publish: must be an endpoint"},
        Bad{"[[member]]\nsync = \"tcp://127.0.0.1\"", "2: member.sync: must be an endpoint"},
        Bad{"[[member]]\nsync = \"tcp://::1:7201\"", "2: member.sync: must be an endpoint"},
        Bad{"[[member]]\nsync = \"tcp://300.1.1.1:7201\"", "2: member.sync: must be an endpoint"},
        Bad{"[[member]]\npublic_key = \"short\"",
            "2: member.public_key: must be the 40 characters"},
        Bad{"[[member]]\npublic_key = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \"",
            "2: member.public_key: must be the 40 characters"},
        Bad{"[[member]]\nnext_public_key = \"short\"",
            "2: member.next_public_key: must be the 40 characters"},
        Bad{"[[member]]\nnext_public_key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"",
            "1: member.public_key: is missing: next_public_key is what it changes to"},
        Bad{"[[member]]\nclient_url = \"https://a.example\"",
            "2: member.client_url: must be a WebSocket URL"},
        Bad{"[[member]]\nclient_url = \"ws://\"", "2: member.client_url: must be a WebSocket URL"},
        Bad{"[[member]]\nclient_url = \"ws:///v1/sync\"",
            "2: member.client_url: must be a WebSocket URL"},
        Bad{"[[member]]\nurl = \"ws://a\"", "2: member.url: unknown key"}));

TEST(ClusterConfig, AcksAreBelowTheNumberOfMembers) {
  const std::string replication = "[replication]\nacks = 2\n";
  EXPECT_THAT(
      refusal_of_members(replication + member("a") + member("b")),
      HasSubstr("cluster.toml:4: replication.acks: must be below the number of members (2), "
                "is 2"));
  EXPECT_EQ(refusal_of_members(replication + member("a") + member("b") + member("c")), "valid");
}

TEST(ClusterConfig, NamesAndKeysAreDistinct) {
  EXPECT_THAT(
      refusal_of_members(member("a") + member("a")),
      HasSubstr("cluster.toml:8: member.name: the member at line 3 has the same one, \"a\""));
  const std::string with_key = "public_key = \"" + key_a + "\"\n";
  EXPECT_THAT(
      refusal_of_members(member("a", with_key) + member("b", with_key)),
      HasSubstr("cluster.toml:12: member.public_key: the member at line 3 has the same one"));
  EXPECT_EQ(
      refusal_of_members(member("a", with_key) + member("b", "public_key = \"" + key_b + "\"\n")),
      "valid");
}

TEST(ClusterConfig, AMemberMayHaveAKeyToChangeTo) {
  const std::string keys = "public_key = \"" + key_a + "\"\nnext_public_key = \"" + key_b + "\"\n";
  EXPECT_EQ(refusal_of_members(member("a", keys)), "valid");
  EXPECT_THAT(
      refusal_of_members(member("a", keys) + member("b", "public_key = \"" + key_b + "\"\n")),
      HasSubstr("cluster.toml:13: member.public_key: the member at line 3 has the same one"));
  EXPECT_THAT(refusal_of_members(member(
                  "a", "public_key = \"" + key_a + "\"\nnext_public_key = \"" + key_a + "\"\n")),
              HasSubstr("cluster.toml:8: member.next_public_key: the member at line 3 has the "
                        "same one"));
}

TEST(ClusterConfig, TheNumberOfMembersIsBounded) {
  std::string members;
  for (int i = 0; i < 257; ++i) members += member(std::to_string(i));
  EXPECT_THAT(refusal_of_members(members), HasSubstr("member: there may be at most 256 members"));
}

TEST(ClusterConfig, AMissingFileIsNamed) {
  EXPECT_THAT(load_cluster_config("/nowhere/c.toml").error().message,
              HasSubstr("/nowhere/c.toml: cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace anabranch::node
