#include "tests/simulation/plan.h"

#include <algorithm>

namespace anabranch::simulation {

namespace {

/// Mostly few, now and then many: what is wrong shows more often, and is read more easily, in
/// small clusters.
std::int64_t mostly_few(SeededRandom& random, std::int64_t few, std::int64_t some,
                        std::int64_t many) {
  const std::size_t chance = random.below(100);
  if (chance < 60) return random.between(1, few);
  if (chance < 93) return random.between(1, some);
  return random.between(some, many);
}

NetworkFaults choose_network(SeededRandom& random) {
  NetworkFaults faults;
  if (!random.chance(60)) return faults;
  faults.lost_percent = static_cast<int>(random.between(0, 40));
  faults.exact_lost_percent = random.chance(50) ? static_cast<int>(random.between(0, 10)) : 0;
  faults.duplicated_percent = static_cast<int>(random.between(0, 20));
  faults.late_percent = static_cast<int>(random.between(0, 20));
  faults.max_late_ms = random.between(50, 3000);
  faults.max_delay_ms = random.between(1, 80);
  return faults;
}

cluster::ReplicaOptions choose_replica(SeededRandom& random, std::size_t copies) {
  cluster::ReplicaOptions options;
  options.acks = copies;
  options.updates_per_minute = random.chance(20) ? 600 : 0;
  options.update_burst = 5;
  if (random.chance(25)) options.document_cache_bytes = 1;
  if (random.chance(25)) options.stream_bytes = static_cast<std::size_t>(random.between(0, 2000));
  options.scrub_interval_ms = random.between(200, 2000);
  if (random.chance(20)) options.state.paths = 4;
  if (random.chance(20)) options.state.bytes = 60;
  return options;
}

std::vector<Plan::PlannedNode> choose_nodes(SeededRandom& random, std::size_t count,
                                            std::size_t copies, std::int64_t retention_ms,
                                            bool clocks_differ) {
  std::vector<Plan::PlannedNode> nodes(count);
  for (std::size_t i = 0; i < count; ++i) nodes[i].name = "node" + std::to_string(i);
  for (Plan::PlannedNode& node : nodes) {
    node.options.replica = choose_replica(random, copies);
    node.options.replica.name = node.name;
    if (retention_ms > 0) node.options.replica.tombstone_retention_ms = retention_ms;
    for (const Plan::PlannedNode& other : nodes) {
      if (&other != &node) node.options.replica.others.push_back({other.name, "somewhere"});
    }
    node.options.pull_piece_bytes = static_cast<std::size_t>(random.between(1, 600));
    node.options.max_commit_ms = random.between(1, 60);
    node.options.max_read_ms = random.between(0, 15);
    if (clocks_differ) node.clock_offset_ms = random.between(-30'000, 30'000);
  }
  return nodes;
}

NetworkFaults choose_late_network(SeededRandom& random) {
  NetworkFaults faults = choose_network(random);
  faults.late_percent = static_cast<int>(random.between(20, 40));
  faults.max_late_ms = random.between(500, 3000);
  return faults;
}

}  // namespace

Plan make_plan(SeededRandom& random, const RunOptions& options) {
  const bool forgetful = random.chance(15) || options.forgetful;
  Plan plan;
  plan.dangers = {random.chance(60), random.chance(50), random.chance(40), random.chance(25),
                  random.chance(30), random.chance(30), random.chance(30), random.chance(30)};
  plan.network = forgetful ? choose_late_network(random) : choose_network(random);
  auto nodes = static_cast<std::size_t>(1 + mostly_few(random, 3, 4, 6));
  if (options.old_disks) nodes = std::max<std::size_t>(nodes, 3);
  plan.copies = random.chance(50) ? 0 : static_cast<std::size_t>(random.between(1, 2));
  plan.copies = std::min(plan.copies, nodes - 1);
  // Devices are away for weeks where weeks are short.
  plan.forgets = forgetful || random.chance(60);
  const std::int64_t retention_ms = forgetful      ? random.between(1, 50)
                                    : plan.forgets ? mostly_few(random, 300, 2000, 20'000)
                                                   : 0;
  plan.nodes = choose_nodes(random, nodes, plan.copies, retention_ms, plan.dangers.clocks);

  plan.users = {"alice", "bob"};
  plan.users.resize(static_cast<std::size_t>(random.between(1, 2)));
  const std::int64_t full = mostly_few(random, 3, 6, 20);
  const std::int64_t simple = mostly_few(random, 2, 3, 10);
  for (std::int64_t i = 0; i < full; ++i) {
    // A browser that copies a tab copies its id too, unless the client takes care.
    const std::int64_t name = i > 0 && random.chance(20) ? i - 1 : i;
    plan.full_tabs.push_back("tab" + std::to_string(name));
  }
  for (std::int64_t i = 0; i < simple; ++i)
    plan.simple_tabs.push_back("simple" + std::to_string(i));
  plan.dangers.drains = options.drains;
  plan.dangers.old_disks = options.old_disks;
  plan.dangers.backups = plan.dangers.backups || options.old_disks;
  return plan;
}

}  // namespace anabranch::simulation
