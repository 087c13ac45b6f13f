#include "tests/cluster/harness/oracles.h"

#include "tests/cluster/harness/violation.h"

#include <algorithm>
#include <string>

namespace anabranch::simulation {

namespace {

std::string list(const ReferenceState& state) {
  std::string text;
  for (const auto& [path, entry] : state.entries()) text += "\n    " + to_string(path, entry);
  return text.empty() ? "\n    nothing" : text;
}

/// `dots`: those must be the same too.
bool equal(const ReferenceState& one, const ReferenceState& other, bool dots) {
  return std::equal(one.entries().begin(), one.entries().end(), other.entries().begin(),
                    other.entries().end(), [dots](const auto& left, const auto& right) {
                      return left.first == right.first && left.second.stamp == right.second.stamp &&
                             left.second.payload == right.second.payload &&
                             (!dots || left.second.dot == right.second.dot);
                    });
}

void check_covered(const Node& node, const DiskImage& disk, const History& history) {
  for (const auto& [user, state] : disk.users) {
    ReferenceState expected = history.covered(user, disk.vector);
    if (!disk.holds_beyond) {
      require(equal(expected, state, true), node.name() + " holds of " + user + list(state) +
                                                "\n  but the writes that its vector covers give" +
                                                list(expected));
      continue;
    }
    for (const auto& [path, entry] : state.entries()) expected.merge(path, entry);
    require(equal(expected, state, false),
            node.name() + ", with records beyond its vector, holds of " + user + list(state) +
                "\n  but with the writes that its vector covers it is" + list(expected));
  }
}

void check_word(const Node& node, const DiskImage& disk) {
  const cluster::ReplicaStatus status = node.status();
  require(status.vector == disk.vector, node.name() + "'s vector is not its disk's");
  require(status.totals == disk.totals, node.name() + "'s totals are not what its disk holds");
  require(status.digest == disk.digest, node.name() + "'s digest is not that of its disk");
  for (const cluster::PeerStatus& peer : status.peers) {
    require(peer.digest_equal.value_or(true),
            node.name() + " takes " + peer.name + " for divergent where no disk has erred");
  }
}

}  // namespace

void check_node(const Node& node, const DiskImage& disk, const History& history) {
  history.check_vector(node.name(), disk.vector);
  check_covered(node, disk, history);
  if (node.is_settled()) check_word(node, disk);
}

void check_agreement(const Node& one, const DiskImage& its, const Node& other,
                     const DiskImage& others) {
  if (its.vector != others.vector || its.holds_beyond || others.holds_beyond) return;
  const std::string pair = one.name() + " and " + other.name();
  require(its.digest == others.digest, pair + " have equal vectors and unequal digests");
  require(its.users.size() == others.users.size(), pair + " know unequal users");
  for (const auto& [user, state] : its.users) {
    const auto found = others.users.find(user);
    require(found != others.users.end() && equal(state, found->second, true),
            pair + " have equal vectors and unequal records of " + user + list(state) + "\n  and" +
                list(found->second));
  }
}

void check_acked(const History& history, const std::vector<std::unique_ptr<Node>>& nodes,
                 std::size_t disks_lost, std::size_t copies) {
  for (const auto& node : nodes) {
    const DiskImage disk = node->disk_image();
    for (const History::Acked& acked : history.all_acked()) {
      const auto origin = std::find_if(
          nodes.begin(), nodes.end(), [&](const auto& some) { return some->name() == acked.node; });
      const bool had_copies = acked.replicated && disks_lost <= copies;
      if ((*origin)->disk() != acked.disk && !had_copies) continue;
      for (const crdt::Change& change : acked.changes) {
        const auto found = disk.users.find(acked.user);
        const ReferenceState::Entry entry{acked.stamp, change.payload, {}};
        require(found != disk.users.end() &&
                    found->second.judge(change.path, entry) != ReferenceState::Outcome::won,
                node->name() + " has lost a write acked by " + acked.node + ": " +
                    to_string(change.path, entry));
      }
    }
  }
}

}  // namespace anabranch::simulation
