// node.toml, and how it stands to a cluster of two.

#include "node/address.h"
#include "node/config.h"
#include "node/config_rules.h"
#include "tests/fuzz/config_text.h"

#include <algorithm>

namespace anabranch::fuzz {

namespace {

using namespace std::chrono_literals;

node::MemberConfig member(const std::string& name, const std::string& port) {
  node::MemberConfig one;
  one.name = name;
  one.publish = "tcp://127.0.0.1:1" + port;
  one.sync = "tcp://127.0.0.1:2" + port;
  return one;
}

node::ClusterConfig cluster_of_two() {
  node::ClusterConfig cluster;
  cluster.name = "demo";
  cluster.members = {member("eu", "1"), member("us", "2")};
  return cluster;
}

bool is_served(const node::AuthConfig& auth, node::Algorithm algorithm) {
  return std::count(auth.algorithms.begin(), auth.algorithms.end(), algorithm) == 1;
}

void check_auth(const node::AuthConfig& auth) {
  FUZZ_REQUIRE(!auth.keys.empty() && auth.keys.size() <= 64);
  FUZZ_REQUIRE(auth.leeway >= 0ms && auth.leeway <= 1h);
  for (const node::AuthKey& key : auth.keys) {
    FUZZ_REQUIRE(is_served(auth, key.algorithm) && key.material.size() >= 32);
    FUZZ_REQUIRE(!key.kid || (!key.kid->empty() && key.kid->size() <= 256));
  }
}

/// What the rest of the program takes for granted.
void check(const node::NodeConfig& config) {
  FUZZ_REQUIRE(!node::check_name(config.name));
  FUZZ_REQUIRE(!config.data_dir.empty() && !config.cluster_file.empty());
  FUZZ_REQUIRE(node::parse_host_port(config.clients.listen));
  FUZZ_REQUIRE(node::parse_host_port(config.admin.listen));
  for (const std::string& endpoint : {config.peers.listen_publish, config.peers.listen_sync}) {
    FUZZ_REQUIRE(endpoint.empty() || node::parse_endpoint(endpoint));
  }
  FUZZ_REQUIRE(!config.clients.tls || config.clients.tls->expires_at_s() > 0);
  FUZZ_REQUIRE(config.clients.max_update_bytes >= 64);
  FUZZ_REQUIRE(config.clients.max_update_bytes <= config.clients.max_frame_bytes);
  FUZZ_REQUIRE(config.clients.idle_timeout >= 100ms && config.clients.idle_timeout <= 24h);
  FUZZ_REQUIRE(config.clients.max_connections > 0 && config.clients.max_connections_per_user > 0);
  FUZZ_REQUIRE(config.limits.update_burst > 0 && config.limits.state_paths > 0);
  FUZZ_REQUIRE(config.peers.secret_key.empty() == config.peers.public_key.empty());
  check_auth(config.auth);

  const auto together = node::check_together(config, cluster_of_two());
  const bool is_member = config.name == "eu" || config.name == "us";
  const bool listens = !config.peers.listen_publish.empty() && !config.peers.listen_sync.empty();
  FUZZ_REQUIRE(!together || (is_member && listens && config.peers.secret_key.empty()));
}

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  static const fuzz::ConfigFolder folder("node.toml");
  const std::string_view input = fuzz::text_of(data, size);
  const auto file = folder.write(input);
  const auto config = node::load_node_config(file);
  if (config) {
    fuzz::check(*config);
  } else {
    fuzz::check_refusal(config.error(), file, input);
  }
  return 0;
}
