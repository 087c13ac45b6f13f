#include "node/config.h"
#include "node/config_rules.h"
#include "node/settings_reader.h"

#include <algorithm>
#include <map>
#include <utility>

namespace anabranch::node {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_members = 256;
/// The largest integer that every JSON reader takes as it is: the epoch is shown in the status.
constexpr std::uint64_t max_epoch = (std::uint64_t{1} << 53) - 1;

MemberConfig read_member(Section& section) {
  MemberConfig member;
  member.line = section.line();
  section.required_text("name", member.name, check_name);
  section.text("region", member.region, check_label);
  section.required_text("publish", member.publish, check_endpoint);
  section.required_text("sync", member.sync, check_endpoint);
  section.text("public_key", member.public_key, check_curve_key);
  section.text("next_public_key", member.next_public_key, check_curve_key);
  if (section.has("next_public_key") && !section.has("public_key")) {
    section.wrong("public_key", "is missing: next_public_key is what it changes to");
  }
  section.text("client_url", member.client_url, check_client_url);
  section.finish();
  return member;
}

std::vector<MemberConfig> read_members(Section& root) {
  std::vector<MemberConfig> members;
  std::map<std::string, int> names;
  std::map<std::string, int> keys;
  std::vector<Section> tables = root.tables("member");
  for (Section& table : tables) {
    MemberConfig member = read_member(table);
    const auto refuse_twin = [&](std::map<std::string, int>& seen, const std::string& value,
                                 const std::string& key) {
      if (value.empty()) return;
      const auto [twin, is_new] = seen.emplace(value, member.line);
      if (is_new) return;
      table.wrong(key, "the member at line " + std::to_string(twin->second) +
                           " has the same one, \"" + value + '"');
    };
    refuse_twin(names, member.name, "name");
    refuse_twin(keys, member.public_key, "public_key");
    refuse_twin(keys, member.next_public_key, "next_public_key");
    members.push_back(std::move(member));
  }
  if (members.empty()) root.wrong("member", "is missing: at least one [[member]] is needed");
  if (members.size() > max_members) {
    root.wrong("member", "there may be at most " + std::to_string(max_members) + " members");
  }
  return members;
}

void read_replication(Section section, ClusterConfig& config) {
  ReplicationConfig& replication = config.replication;
  section.number("acks", replication.acks, 0, max_members);
  section.duration("tombstone_retention", replication.tombstone_retention, 1ms, 24h * 3653);
  if (!config.members.empty() && replication.acks >= config.members.size()) {
    section.wrong("acks", "must be below the number of members (" +
                              std::to_string(config.members.size()) + "), is " +
                              std::to_string(replication.acks));
  }
  section.finish();
}

}  // namespace

const MemberConfig* ClusterConfig::find(std::string_view member) const {
  const auto found =
      std::find_if(members.begin(), members.end(),
                   [&](const MemberConfig& candidate) { return candidate.name == member; });
  return found == members.end() ? nullptr : &*found;
}

bool has_key(const MemberConfig& member, std::string_view public_key) {
  if (public_key.empty()) return false;
  return public_key == member.public_key || public_key == member.next_public_key;
}

Result<ClusterConfig> load_cluster_config(const std::filesystem::path& file) {
  const auto root_node = read_toml_file(file);
  if (!root_node) return tl::unexpected(root_node.error());
  Issues issues(file);
  Section root(&std::get<TomlTable>(root_node->value), 1, "", issues);
  ClusterConfig config;
  root.required_text("name", config.name, check_name);
  if (!root.has("epoch")) root.wrong("epoch", "is missing");
  root.number("epoch", config.epoch, 1, max_epoch);
  config.members = read_members(root);
  read_replication(root.table("replication"), config);
  root.finish();
  if (!issues.empty()) return tl::unexpected(issues.to_error());
  config.source = std::move(issues.source());
  return config;
}

}  // namespace anabranch::node
