#include "node/cluster_change.h"

#include <string_view>
#include <utility>

namespace anabranch::node {

namespace {

/// `binding`: what all nodes must agree on, and so changes with the epoch alone.
struct Changes {
  std::vector<std::string> binding;
  std::vector<std::string> addresses;
};

void compare_members(const MemberConfig& now, const MemberConfig& next, Changes& changes) {
  const std::string name = "member " + now.name;
  if (now.public_key != next.public_key) changes.binding.push_back(name + " has another key");
  if (now.next_public_key != next.next_public_key) {
    changes.binding.push_back(name + (next.next_public_key.empty()  ? " has no next key any more"
                                      : now.next_public_key.empty() ? " has a next key"
                                                                    : " has another next key"));
  }
  if (now.region != next.region) {
    changes.binding.push_back(name + " is in region \"" + next.region + "\", was in \"" +
                              now.region + '"');
  }
  const auto compare_address = [&](std::string_view what, const std::string& former,
                                   const std::string& latter) {
    if (former == latter) return;
    changes.addresses.push_back(name + ": " + std::string(what) + " is " +
                                (latter.empty() ? "gone" : latter));
  };
  compare_address("publish", now.publish, next.publish);
  compare_address("sync", now.sync, next.sync);
  compare_address("client_url", now.client_url, next.client_url);
}

Changes find_changes(const ClusterConfig& now, const ClusterConfig& next) {
  Changes changes;
  for (const MemberConfig& member : now.members) {
    if (const MemberConfig* same = next.find(member.name)) {
      compare_members(member, *same, changes);
    } else {
      changes.binding.push_back("member " + member.name + " is removed");
    }
  }
  for (const MemberConfig& member : next.members) {
    if (!now.find(member.name)) changes.binding.push_back("member " + member.name + " is added");
  }
  if (now.replication.acks != next.replication.acks) {
    changes.binding.push_back("acks is " + std::to_string(next.replication.acks) + ", was " +
                              std::to_string(now.replication.acks));
  }
  if (now.replication.tombstone_retention != next.replication.tombstone_retention) {
    changes.binding.push_back("tombstone_retention is another");
  }
  return changes;
}

}  // namespace

Result<std::vector<std::string>> compare_clusters(const ClusterConfig& now,
                                                  const ClusterConfig& next) {
  if (now.name != next.name) {
    return fail(Errc::refused, "the file is of the cluster \"" + next.name +
                                   "\", this node belongs to \"" + now.name + '"');
  }
  const std::string epochs =
      "epoch " + std::to_string(next.epoch) + ", in force is " + std::to_string(now.epoch);
  if (next.epoch < now.epoch) {
    return fail(Errc::refused, "the file is older than what is in force: it has " + epochs);
  }
  Changes changes = find_changes(now, next);
  if (next.epoch == now.epoch && !changes.binding.empty()) {
    std::string message = "the file has changed and its epoch has not: raise it (" + epochs + ")";
    for (const std::string& change : changes.binding) message += "; " + change;
    return fail(Errc::refused, std::move(message));
  }
  std::vector<std::string> lines = std::move(changes.binding);
  if (next.epoch > now.epoch) {
    lines.push_back("epoch is " + std::to_string(next.epoch) + ", was " +
                    std::to_string(now.epoch));
  }
  lines.insert(lines.end(), changes.addresses.begin(), changes.addresses.end());
  return lines;
}

}  // namespace anabranch::node
