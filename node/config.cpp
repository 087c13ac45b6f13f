#include "node/config.h"

#include "node/address.h"

#include <utility>

namespace anabranch::node {

namespace {

/// Collects findings as lines of one message.
class Findings {
 public:
  void add(std::string finding) {
    if (!message_.empty()) message_ += '\n';
    message_ += finding;
  }
  Result<void> result() const {
    if (message_.empty()) return {};
    return fail(Errc::invalid_config, message_);
  }

 private:
  std::string message_;
};

/// A member's key, with the member's line where the key is missing from the file.
std::string describe_member(const ClusterConfig& cluster, const MemberConfig& member,
                            const std::string& key, const std::string& problem) {
  return cluster.source.file.string() + ':' + std::to_string(member.line) + ": member." + key +
         ": " + problem;
}

std::string member_names(const ClusterConfig& cluster) {
  std::string names;
  for (const MemberConfig& member : cluster.members) {
    if (!names.empty()) names += ", ";
    names += member.name;
  }
  return names;
}

void check_membership(const NodeConfig& node, const ClusterConfig& cluster, Findings& findings) {
  if (cluster.find(node.name) != nullptr) return;
  findings.add(node.source.describe("name", "\"" + node.name + "\" is no member of " +
                                                cluster.source.file.string() + ", which has " +
                                                member_names(cluster)));
}

void check_listens(const NodeConfig& node, const ClusterConfig& cluster, Findings& findings) {
  const auto& [publish, sync, secret_key, public_key] = node.peers;
  const bool alone = cluster.members.size() == 1 && publish.empty() && sync.empty();
  if (alone) return;
  const std::string problem = "is missing: the other members connect to it";
  if (publish.empty()) findings.add(node.source.describe("peers.listen_publish", problem));
  if (sync.empty()) findings.add(node.source.describe("peers.listen_sync", problem));
}

void check_plain_text(const NodeConfig& node, const ClusterConfig& cluster, Findings& findings) {
  const auto beyond_loopback = [](const std::string& endpoint) {
    const auto place = parse_endpoint(endpoint);
    return place && !is_loopback(place->host);
  };
  const std::string rule =
      " is beyond loopback, where peers must be encrypted: set peers.secret_key_file and every "
      "member's public_key";
  const auto& [publish, sync, secret_key, public_key] = node.peers;
  if (beyond_loopback(publish)) {
    findings.add(node.source.describe("peers.listen_publish", publish + rule));
  }
  if (beyond_loopback(sync)) findings.add(node.source.describe("peers.listen_sync", sync + rule));
  for (const MemberConfig& member : cluster.members) {
    for (const auto& [key, endpoint] :
         {std::pair<std::string, std::string>("publish", member.publish), {"sync", member.sync}}) {
      if (beyond_loopback(endpoint)) {
        findings.add(describe_member(cluster, member, key, endpoint + rule));
      }
    }
  }
  const MemberConfig* own = cluster.find(node.name);
  if (own != nullptr && !own->public_key.empty()) {
    findings.add(node.source.describe(
        "peers.secret_key_file",
        "is missing: " + cluster.source.file.string() + " gives this node a public_key"));
  }
}

void check_keys(const NodeConfig& node, const ClusterConfig& cluster, Findings& findings) {
  for (const MemberConfig& member : cluster.members) {
    if (member.public_key.empty()) {
      findings.add(describe_member(cluster, member, "public_key",
                                   "\"" + member.name +
                                       "\" has none, and this node has a peers.secret_key_file: "
                                       "keys are for all members or for none"));
    } else if (member.name == node.name && !has_key(member, node.peers.public_key)) {
      const std::string which =
          member.next_public_key.empty() ? "does not belong" : "and next_public_key do not belong";
      findings.add(describe_member(cluster, member, "public_key",
                                   which +
                                       " to this node's peers.secret_key_file, whose public key "
                                       "is " +
                                       node.peers.public_key));
    }
  }
}

}  // namespace

std::string ConfigSource::describe(const std::string& key, std::string_view problem) const {
  const auto line = lines.find(key);
  return file.string() + ':' + std::to_string(line == lines.end() ? 1 : line->second) + ": " + key +
         ": " + std::string(problem);
}

Result<void> check_together(const NodeConfig& node, const ClusterConfig& cluster) {
  Findings findings;
  check_membership(node, cluster, findings);
  check_listens(node, cluster, findings);
  if (node.peers.secret_key.empty()) {
    check_plain_text(node, cluster, findings);
  } else {
    check_keys(node, cluster, findings);
  }
  return findings.result();
}

Result<Configuration> load_configuration(const std::filesystem::path& node_file) {
  auto node = load_node_config(node_file);
  if (!node) return tl::unexpected(node.error());
  auto cluster = load_cluster_config(node->cluster_file);
  if (!cluster) return tl::unexpected(cluster.error());
  const auto checked = check_together(*node, *cluster);
  if (!checked) return tl::unexpected(checked.error());
  return Configuration{std::move(*node), std::move(*cluster)};
}

}  // namespace anabranch::node
