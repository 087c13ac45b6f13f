#include "tests/cluster/harness/world.h"

#include "tests/cluster/harness/oracles.h"
#include "tests/cluster/harness/violation.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

namespace anabranch::simulation {

namespace {

constexpr std::int64_t repair_ms = 5000;

const char* const paths[] = {"a", "a.b", "a.b.c", "a.b.c.d", "a.e", "f", "f.0", "f.1", "g"};

}  // namespace

World::World(std::uint64_t seed, bool talkative)
    : random_(seed),
      talkative_(talkative),
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
                    talkative} {
  misfortunes_ = {random_.chance(60), random_.chance(60), random_.chance(50), random_.chance(40),
                  random_.chance(25), random_.chance(25), random_.chance(30)};
  network_.set_faults(choose_faults());
  make_nodes();
  make_clients();
}

std::size_t World::copies(const std::string& but, Dot dot) const {
  std::size_t count = 0;
  for (const auto& node : nodes_) {
    // What a disk that was lost since has told counts too.
    const bool has = node->disk() > 0 || node->disk_image().vector.covers(dot);
    count += node->name() != but && has ? 1 : 0;
  }
  return count;
}

void World::log(const std::string& line) const {
  if (talkative_) {
    std::printf("%8lld  %s\n", static_cast<long long>(queue_.now_ms()), line.c_str());
  }
}

NetworkFaults World::choose_faults() {
  if (!misfortunes_.network) return {};
  NetworkFaults faults;
  faults.lost_percent = static_cast<int>(random_.between(0, 40));
  faults.exact_lost_percent = random_.chance(50) ? static_cast<int>(random_.between(0, 10)) : 0;
  faults.duplicated_percent = static_cast<int>(random_.between(0, 20));
  faults.late_percent = static_cast<int>(random_.between(0, 20));
  faults.max_late_ms = random_.between(50, 3000);
  faults.max_delay_ms = random_.between(1, 80);
  return faults;
}

cluster::ReplicaOptions World::choose_options(std::size_t self, std::size_t count) {
  cluster::ReplicaOptions options;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != self) options.others.push_back({"node" + std::to_string(i), "somewhere"});
  }
  options.acks = copies_;
  options.updates_per_minute = random_.chance(20) ? 600 : 0;
  options.update_burst = 5;
  if (random_.chance(25)) options.document_cache_bytes = 1;
  if (random_.chance(25)) options.stream_bytes = static_cast<std::size_t>(random_.between(0, 2000));
  if (random_.chance(20)) options.state.paths = 4;
  if (random_.chance(20)) options.state.bytes = 60;
  return options;
}

void World::make_nodes() {
  const auto count = static_cast<std::size_t>(random_.between(2, 5));
  copies_ = random_.chance(50) ? 0 : static_cast<std::size_t>(random_.between(1, 2));
  copies_ = std::min(copies_, count - 1);
  for (std::size_t i = 0; i < count; ++i) {
    Node::Options options;
    options.replica = choose_options(i, count);
    options.pull_piece_bytes = static_cast<std::size_t>(random_.between(1, 600));
    options.max_commit_ms = random_.between(1, 60);
    options.max_read_ms = random_.between(0, 15);
    nodes_.push_back(std::make_unique<Node>("node" + std::to_string(i), options, surroundings_));
    if (misfortunes_.clocks) nodes_.back()->jump_clock(random_.between(-30'000, 30'000));
    nodes_.back()->start();
  }
}

void World::make_clients() {
  users_ = {"alice", "bob"};
  users_.resize(static_cast<std::size_t>(random_.between(1, 2)));
  const std::int64_t full = random_.between(1, 5);
  const std::int64_t simple = random_.between(1, 3);
  for (std::int64_t i = 0; i < full; ++i) {
    // A browser that copies a tab copies its id too, unless the client takes care.
    const std::int64_t name = i > 0 && random_.chance(20) ? i - 1 : i;
    clients_.push_back(std::make_unique<FullClient>("tab" + std::to_string(name),
                                                    random_.pick(users_), surroundings_));
  }
  for (std::int64_t i = 0; i < simple; ++i) {
    clients_.push_back(std::make_unique<SimpleClient>("simple" + std::to_string(i),
                                                      random_.pick(users_), surroundings_));
  }
}

// ---- life

void World::pass(std::int64_t ms) {
  const std::int64_t until = queue_.now_ms() + ms;
  while (queue_.run_next(until)) {
  }
}

void World::live(std::size_t happenings) {
  for (std::size_t i = 0; i < happenings; ++i) {
    happen();
    pass(random_.chance(10) ? random_.between(0, 1500) : random_.between(0, 40));
    if (i % 8 == 0) check();
  }
}

void World::happen() {
  if (random_.chance(92)) {
    client_acts();
  } else {
    something_breaks();
  }
}

void World::client_acts() {
  Client& client = *random_.pick(clients_);
  const std::size_t what = random_.below(100);
  if (what < 60) {
    make_write(client);
  } else if (what < 75 || !client.node()) {
    client.connect(*random_.pick(nodes_));
  } else if (what < 82) {
    client.disconnect();
  } else if (what < 90) {
    client.request();
  } else if (what < 97) {
    client.retry();
  } else if (auto* full = dynamic_cast<FullClient*>(&client)) {
    full->forget_cursor();
  }
}

crdt::Change World::make_change(const crdt::Path& path) {
  const std::size_t kind = random_.below(100);
  if (kind < 30) return {path, {crdt::RecordKind::tombstone, {}}};
  const std::string number = std::to_string(++values_);
  std::string value = number;
  if (kind < 50) value = R"({"b":)" + number + "}";
  if (kind >= 50 && kind < 60) value = "[" + number + "," + number + "]";
  if (kind >= 60 && kind < 70) value = "7";  // now and then the same as before
  return {path, {crdt::RecordKind::value, crdt::Value(value)}};
}

void World::make_write(Client& client) {
  const bool is_batch = random_.chance(25);
  const std::int64_t count = is_batch ? random_.between(1, 4) : 1;
  std::set<crdt::Path> chosen;
  for (std::int64_t i = 0; i < count; ++i) {
    chosen.insert(crdt::Path::parse(paths[random_.below(std::size(paths))]).value());
  }
  std::vector<crdt::Change> changes;
  for (const crdt::Path& path : chosen) changes.push_back(make_change(path));
  client.write(std::move(changes), is_batch);
}

void World::something_breaks() {
  Node& node = *random_.pick(nodes_);
  const std::size_t what = random_.below(100);
  if (what < 30) {
    if (misfortunes_.partitions) break_link();
  } else if (what < 50) {
    network_.mend_all();
  } else if (what < 70) {
    if (in_repair_.count(&node) > 0) return;
    if (!node.is_up()) return node.start();
    if (!misfortunes_.crashes) return;
    node.crash();
    if (random_.chance(60)) node.start();
  } else if (what < 85) {
    if (misfortunes_.disks_fail) break_disk(node);
  } else if (what < 87) {
    if (misfortunes_.disks_lost) lose_disk(node);
  } else if (what < 94) {
    if (misfortunes_.backups) restore_backup(node);
  } else {
    if (misfortunes_.clocks) node.jump_clock(random_.between(-20'000, 20'000));
  }
}

void World::break_link() {
  const std::string& one = random_.pick(nodes_)->name();
  const std::string& other = random_.pick(nodes_)->name();
  if (one == other) return;
  log("the link from " + one + " to " + other + " is cut");
  network_.cut(one, other);
  if (random_.chance(60)) network_.cut(other, one);
}

void World::break_disk(Node& node) {
  const std::size_t what = random_.below(3);
  if (what == 0) return node.next_commit_fails(storage::FailedCommit::lost);
  if (what == 1) return node.next_commit_fails(storage::FailedCommit::found_later);
  node.set_disk_full(true);
  queue_.after(random_.between(100, 3000), [&node] { node.set_disk_full(false); });
}

void World::lose_disk(Node& node) {
  if (disks_lost_ >= 2 || in_repair_.count(&node) > 0) return;
  ++disks_lost_;
  node.lose_disk();
  node.start();
}

void World::restore_backup(Node& node) {
  if (!node.has_backup()) return node.back_up();
  if (disks_lost_ >= 2 || !in_repair_.insert(&node).second) return;
  ++disks_lost_;
  node.crash();
  // By then nothing that it had sent is still under way.
  queue_.after(repair_ms, [this, &node] { finish_restore(node); });
}

void World::finish_restore(Node& node) {
  node.restore_backup();
  std::vector<DiskImage> disks;
  for (const auto& any : nodes_) disks.push_back(any->disk_image());
  restored_ids_.insert(node.own_ids().begin(), node.own_ids().end());
  history_.doubt(restored_ids_, [&](Dot dot) {
    return std::any_of(disks.begin(), disks.end(),
                       [dot](const DiskImage& disk) { return disk.knows(dot); });
  });
  // What clients alone still know, no node can take into account.
  for (const auto& client : clients_) {
    if (auto* full = dynamic_cast<FullClient*>(client.get())) full->start_over();
  }
  in_repair_.erase(&node);
  node.start();
}

void World::compare_memory_with_disk(Node& node) {
  const UserId user = random_.pick(users_);
  node.read_state(user, [&node, user](const std::string& state) {
    const DiskImage disk = node.disk_image();
    const auto found = disk.users.find(user);
    const std::string there = found == disk.users.end() ? "{}" : found->second.materialise();
    require(state == there, node.name() + " answers " + state + " where its disk has " + there);
  });
}

// ---- the promises

void World::check() {
  std::vector<DiskImage> disks;
  for (const auto& node : nodes_) {
    disks.push_back(node->disk_image());
    check_node(*node, disks.back(), history_);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (std::size_t k = i + 1; k < nodes_.size(); ++k) {
      check_agreement(*nodes_[i], disks[i], *nodes_[k], disks[k]);
    }
  }
  for (const auto& client : clients_) {
    if (!client->has_state() || !client->node()->is_settled()) continue;
    const auto at = std::find_if(nodes_.begin(), nodes_.end(),
                                 [&](const auto& node) { return node.get() == client->node(); });
    client->check_against(disks[static_cast<std::size_t>(at - nodes_.begin())]);
  }
}

bool World::converged() const {
  const DiskImage first = nodes_.front()->disk_image();
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    const DiskImage disk = node->disk_image();
    return node->ready() && node->is_settled() && disk.vector == first.vector &&
           (!disk.holds_beyond || disks_lost_ > 0) && disk.digest == first.digest;
  });
}

std::string World::describe_nodes() const {
  std::string text;
  for (const auto& node : nodes_) {
    const DiskImage disk = node->disk_image();
    text += "\n  " + node->name() + (node->ready() ? " ready" : " not ready") +
            (node->is_settled() ? "" : " unsettled") + (disk.holds_beyond ? " beyond" : "") + " " +
            disk.digest;
    for (const auto& [origin, seq] : disk.vector.entries()) {
      text += " " + Dot{origin, seq}.to_string();
    }
  }
  return text;
}

void World::settle_clients() {
  for (const auto& client : clients_) client->connect(*random_.pick(nodes_));
  for (int i = 0; i < 120; ++i) {
    pass(500);
    bool waiting = false;
    for (const auto& client : clients_) {
      client->retry();
      waiting = waiting || client->pending() > 0 || !client->has_state();
    }
    if (!waiting) return;
  }
  throw Violation("clients still wait for answers a minute after everything was mended");
}

void World::heal() {
  log("everything is mended");
  network_.set_faults({});
  network_.mend_all();
  while (!in_repair_.empty()) pass(100);
  for (const auto& node : nodes_) {
    node->set_disk_full(false);
    node->start();
  }
  pass(3000);
  settle_clients();
  for (int i = 0; i < 60 && !converged(); ++i) pass(500);
  require(converged(), "the nodes have not become one half a minute after everything was mended" +
                           describe_nodes());
  pass(2500);
  check();
  check_acked(history_, nodes_, disks_lost_, copies_);
  check_ends();
}

void World::check_ends() {
  const DiskImage disk = nodes_.front()->disk_image();
  for (const auto& client : clients_) {
    const auto found = disk.users.find(client->user());
    const std::string there = found == disk.users.end() ? "{}" : found->second.materialise();
    // A client may have heard what was on a lost disk alone.
    const bool may_know_more = disks_lost_ > 0 && dynamic_cast<const FullClient*>(client.get());
    require(may_know_more || client->state() == there, "client " + client->tab() + " ends with " +
                                                           client->state() +
                                                           " where all nodes have " + there);
  }
  for (const auto& node : nodes_) {
    for (const cluster::PeerStatus& peer : node->status().peers) {
      // What came of a lost disk in part stays beyond every vector: then nobody compares.
      require(peer.digest_equal.value_or(disks_lost_ > 0),
              node->name() + " does not see that " + peer.name + " agrees");
      require(peer.lag_writes == 0 && peer.behind_writes == 0, node->name() + " sees lag at rest");
    }
    compare_memory_with_disk(*node);
    pass(100);
    // From the disk alone it is the same.
    node->crash();
    node->start();
    compare_memory_with_disk(*node);
    pass(100);
  }
}

World::Tally World::tally() const {
  Tally tally;
  for (const History::Acked& acked : history_.all_acked()) {
    ++tally.acked;
    tally.replicated += acked.replicated ? 1 : 0;
  }
  tally.disks_lost = disks_lost_;
  for (const auto& node : nodes_) {
    tally.commits_failed += node->tally().commits_failed;
    tally.ids_minted += node->tally().ids_minted;
    tally.pulls += node->tally().pulls;
    tally.gaps += node->tally().gaps;
  }
  return tally;
}

std::string World::fingerprint() const {
  std::string text = std::to_string(queue_.now_ms()) + " " + std::to_string(history_.writes());
  for (const auto& node : nodes_) text += " " + node->disk_image().digest;
  return text;
}

}  // namespace anabranch::simulation
