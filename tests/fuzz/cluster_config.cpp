// cluster.toml, and how a node stands to it. What was read of it is written and read again.

#include "node/address.h"
#include "node/config.h"
#include "node/duration.h"
#include "tests/fuzz/config_text.h"

#include <set>

namespace anabranch::fuzz {

namespace {

/// TOML's basic strings; what a cluster file may hold needs no more than this.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string line_of(const std::string& key, const std::string& value) {
  return value.empty() ? std::string() : key + " = " + toml_string(value) + '\n';
}

std::string toml_of(const node::ClusterConfig& config) {
  std::string out = line_of("name", config.name);
  out += "epoch = " + std::to_string(config.epoch) + '\n';
  out += "[replication]\nacks = " + std::to_string(config.replication.acks) + '\n';
  out +=
      line_of("tombstone_retention", node::format_duration(config.replication.tombstone_retention));
  for (const node::MemberConfig& member : config.members) {
    out += "[[member]]\n" + line_of("name", member.name) + line_of("region", member.region) +
           line_of("publish", member.publish) + line_of("sync", member.sync) +
           line_of("public_key", member.public_key) +
           line_of("next_public_key", member.next_public_key) +
           line_of("client_url", member.client_url);
  }
  return out;
}

void check(const node::ClusterConfig& config) {
  FUZZ_REQUIRE(config.epoch >= 1 && config.replication.acks < config.members.size());
  std::set<std::string> names;
  std::set<std::string> keys;
  for (const node::MemberConfig& member : config.members) {
    FUZZ_REQUIRE(names.insert(member.name).second && config.find(member.name) == &member);
    FUZZ_REQUIRE(member.next_public_key.empty() || !member.public_key.empty());
    for (const std::string& key : {member.public_key, member.next_public_key}) {
      FUZZ_REQUIRE(key.empty() || (keys.insert(key).second && node::has_key(member, key)));
    }
    for (const std::string& endpoint : {member.publish, member.sync}) {
      const auto place = node::parse_endpoint(endpoint);
      FUZZ_REQUIRE(place && place->port != 0 && "tcp://" + place->to_string() == endpoint);
    }
  }
}

void check_with_node(const node::ClusterConfig& cluster, bool encrypted) {
  node::NodeConfig node;
  node.name = "eu";
  node.peers.listen_publish = "tcp://127.0.0.1:7101";
  node.peers.listen_sync = "tcp://127.0.0.1:7201";
  if (encrypted) {
    node.peers.secret_key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
    node.peers.public_key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
  }
  if (!node::check_together(node, cluster)) return;
  FUZZ_REQUIRE(cluster.find("eu"));
  FUZZ_REQUIRE(!encrypted || node::has_key(*cluster.find("eu"), node.peers.public_key));
  for (const node::MemberConfig& member : cluster.members) {
    const auto place = node::parse_endpoint(member.sync);
    FUZZ_REQUIRE(encrypted ? !member.public_key.empty() : node::is_loopback(place->host));
  }
}

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  static const fuzz::ConfigFolder folder("cluster.toml");
  const std::string_view input = fuzz::text_of(data, size);
  const auto file = folder.write(input);
  const auto config = node::load_cluster_config(file);
  if (!config) {
    fuzz::check_refusal(config.error(), file, input);
    return 0;
  }
  fuzz::check(*config);
  fuzz::check_with_node(*config, false);
  fuzz::check_with_node(*config, true);
  const std::string written = fuzz::toml_of(*config);
  const auto again = node::load_cluster_config(folder.write(written));
  FUZZ_REQUIRE(again && fuzz::toml_of(*again) == written);
  return 0;
}
