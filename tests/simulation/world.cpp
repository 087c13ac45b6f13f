#include "tests/simulation/world.h"

#include "tests/simulation/violation.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace anabranch::simulation {

World::World(std::uint64_t seed, const RunOptions& options)
    : random_(seed),
      talkative_(options.talkative),
      plan_(make_plan(random_, options)),
      network_(
          queue_, random_,
          [this](const std::string& from, const std::string& to, const wire::PeerMessage& message) {
            for (const auto& node : nodes_) {
              if (node->name() == to) node->receive(from, message);
            }
          }),
      surroundings_{queue_,
                    random_,
                    network_,
                    history_,
                    [this](const std::string& line) { log(line); },
                    [this](const std::string& node, Dot dot) { return copies(node, dot); },
                    [this](const Node& node, const wire::StoreBatch& batch) {
                      oracles_.check_commit(node, batch);
                    },
                    [this] { return any_ready_node(); },
                    options.talkative,
                    options.client_defects},
      oracles_(history_, nodes_),
      misfortunes_(plan_.dangers, surroundings_, nodes_, clients_, oracles_),
      workload_(random_, nodes_, clients_) {
  network_.set_faults(plan_.network);
  make_nodes();
  make_clients();
}

void World::make_nodes() {
  for (const Plan::PlannedNode& planned : plan_.nodes) {
    nodes_.push_back(std::make_unique<Node>(planned.name, planned.options, surroundings_));
    nodes_.back()->jump_clock(planned.clock_offset_ms);
    nodes_.back()->start();
  }
}

void World::make_clients() {
  for (const std::string& tab : plan_.full_tabs) {
    clients_.push_back(std::make_unique<FullClient>(tab, random_.pick(plan_.users), surroundings_));
  }
  for (const std::string& tab : plan_.simple_tabs) {
    clients_.push_back(
        std::make_unique<SimpleClient>(tab, random_.pick(plan_.users), surroundings_));
  }
}

std::size_t World::copies(const std::string& but, Dot dot) const {
  std::size_t count = 0;
  for (const auto& node : nodes_) {
    // What a disk that was lost since has told counts too.
    const bool has = node->disk() > 0 || node->has_told_of(dot);
    count += node->name() != but && has ? 1 : 0;
  }
  return count;
}

Node* World::any_ready_node() {
  std::vector<Node*> ready;
  for (const auto& node : nodes_) {
    if (node->takes_clients() && node->ready()) ready.push_back(node.get());
  }
  return ready.empty() ? nullptr : random_.pick(ready);
}

void World::log(const std::string& line) const {
  if (talkative_) {
    std::printf("%8lld  %s\n", static_cast<long long>(queue_.now_ms()), line.c_str());
  }
}

void World::pass(std::int64_t ms) {
  const std::int64_t until = queue_.now_ms() + ms;
  while (queue_.run_next(until)) {
  }
}

void World::live(std::size_t happenings) {
  for (std::size_t i = 0; i < happenings; ++i) {
    if (random_.chance(92)) {
      workload_.act();
    } else {
      misfortunes_.strike();
    }
    pass(random_.chance(10) ? random_.between(0, 1500) : random_.between(0, 40));
    if (i % 8 == 0) oracles_.check_all(clients_);
  }
}

void World::compare_memory_with_disk(Node& node) {
  const UserId user = random_.pick(plan_.users);
  node.read_state(user, [&node, user](const std::string& state) {
    const std::string there = node.disk_image().of(user).materialise();
    require(state == there,
            [&] { return node.name() + " answers " + state + " where its disk has " + there; });
  });
}

bool World::converged() const {
  const DiskImage& first = nodes_.front()->disk_image();
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    const DiskImage& disk = node->disk_image();
    return node->ready() && node->is_settled() && node->is_admitted() &&
           disk.vector == first.vector && (!disk.holds_beyond || misfortunes_.disks_lost() > 0) &&
           disk.digest == first.digest;
  });
}

std::string World::describe_nodes() const {
  std::string text;
  for (const auto& node : nodes_) {
    const DiskImage& disk = node->disk_image();
    text += "\n  " + node->name() + (node->ready() ? " ready" : " not ready") +
            (node->is_settled() ? "" : " unsettled") +
            (node->is_admitted() ? "" : " not admitted") + (disk.holds_beyond ? " beyond" : "") +
            " " + disk.digest;
    for (const auto& [origin, seq] : disk.vector.entries()) {
      text += " " + Dot{origin, seq}.to_string();
    }
  }
  return text;
}

/// Clients come back, ask and send again, until none of them waits for anything.
bool World::are_waiting() {
  bool waiting = false;
  for (const auto& client : clients_) {
    if (!client->node()) client->connect(*random_.pick(nodes_));
    client->retry();
    waiting = waiting || client->pending() > 0 || !client->has_state();
  }
  return waiting;
}

std::uint64_t World::commits() const {
  std::uint64_t sum = 0;
  for (const auto& node : nodes_) sum += node->commits();
  return sum;
}

void World::settle_clients() {
  for (const auto& client : clients_) client->connect(*random_.pick(nodes_));
  for (int i = 0; i < 120; ++i) {
    pass(500);
    if (!are_waiting()) return;
  }
  throw Violation("clients still wait for answers a minute after everything was mended");
}

void World::heal() {
  log("everything is mended");
  network_.set_faults({});
  network_.mend_all();
  while (misfortunes_.is_repairing()) pass(100);
  misfortunes_.mend_all();
  pass(3000);
  misfortunes_.drain_one();
  settle_clients();
  while (misfortunes_.is_draining()) pass(100);
  misfortunes_.mend_all();
  // The news of an admission may still send clients away.
  for (int i = 0; i < 60 && (are_waiting() || !converged()); ++i) pass(500);
  require(converged(), [&] {
    return "the nodes have not become one half a minute after everything was mended" +
           describe_nodes();
  });
  pass(2500);
  // Who has been told by a node that knew less is told all by one that knows.
  for (const auto& client : clients_) client->request();
  pass(500);
  for (int i = 0; i < 10 && are_waiting(); ++i) pass(500);
  // Tombstones that come of age are no rest.
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t before = commits();
    pass(300);
    if (commits() == before) break;
  }
  oracles_.check_all(clients_);
  const std::size_t spared = misfortunes_.losses_that_spare(plan_.copies);
  oracles_.check_rest(misfortunes_.disks_lost(), spared);
  check_ends();
}

/// What one node says of another though all is at rest; empty where there is nothing.
std::string World::find_disagreement() const {
  const bool disks_lost = misfortunes_.disks_lost() > 0;
  for (const auto& node : nodes_) {
    for (const cluster::PeerStatus& peer : node->status().peers) {
      // What came of a lost disk in part stays beyond every vector: then nobody compares.
      if (!peer.digest_equal.value_or(disks_lost)) {
        return node->name() + " does not see that " + peer.name + " agrees" +
               (peer.digest_equal ? " (digests differ)" : " (no comparison)");
      }
      if (peer.lag_writes != 0 || peer.behind_writes != 0) {
        return node->name() + " sees lag at rest";
      }
    }
  }
  return {};
}

void World::check_ends() {
  const bool disks_lost = misfortunes_.disks_lost() > 0;
  for (const auto& client : clients_) {
    const std::string there = nodes_.front()->disk_image().of(client->user()).materialise();
    // A client may have heard what was on a lost disk alone.
    const bool may_know_more = disks_lost && dynamic_cast<const FullClient*>(client.get());
    require(may_know_more || client->state() == there, [&] {
      return "client " + client->tab() + " ends with " + client->state() +
             " where all nodes have " + there;
    });
  }
  // Tombstones go on to be collected: there is a moment at which all have heard of all.
  for (int i = 0; i < 100 && !find_disagreement().empty(); ++i) pass(100);
  require(find_disagreement().empty(), [this] { return find_disagreement(); });
  for (const auto& node : nodes_) {
    compare_memory_with_disk(*node);
    pass(100);
    // From the disk alone it is the same.
    node->crash();
    node->start();
    compare_memory_with_disk(*node);
    pass(100);
  }
}

void World::Tally::add(const Tally& other) {
  simulated_ms += other.simulated_ms;
  writes += other.writes;
  acked += other.acked;
  replicated += other.replicated;
  ids_minted += other.ids_minted;
  pulls += other.pulls;
  gaps += other.gaps;
  faults.add(other.faults);
}

World::Tally World::tally() const {
  Tally tally;
  tally.simulated_ms = queue_.now_ms();
  tally.writes = history_.writes();
  for (const History::Acked& acked : history_.all_acked()) {
    ++tally.acked;
    tally.replicated += acked.replicated ? 1 : 0;
  }
  for (const auto& node : nodes_) {
    tally.ids_minted += node->tally().ids_minted;
    tally.pulls += node->tally().pulls;
    tally.gaps += node->tally().gaps;
  }
  tally.faults.add(misfortunes_.counts());
  tally.faults.add(network_.counts());
  return tally;
}

std::string World::fingerprint() const {
  std::string text = std::to_string(queue_.now_ms()) + " " + std::to_string(history_.writes());
  for (const auto& node : nodes_) text += " " + node->disk_image().digest;
  return text;
}

}  // namespace anabranch::simulation
