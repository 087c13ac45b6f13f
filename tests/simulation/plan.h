#pragma once

#include "tests/simulation/network.h"
#include "tests/simulation/node.h"
#include "tests/simulation/seeded_random.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anabranch::simulation {

/// What may go wrong in a run beside the network's own ways.
struct Dangers {
  bool partitions = false;
  bool crashes = false;
  bool disks_fail = false;
  bool disks_lost = false;
  bool backups = false;
  bool clocks = false;
  bool stalls = false;
  bool members_change = false;
  bool drains = false;
  bool old_disks = false;  ///< backups come back soon, by hand, and after one node alone was heard
};

/// What a seed decides before anything happens.
struct Plan {
  struct PlannedNode {
    std::string name;
    Node::Options options;
    std::int64_t clock_offset_ms = 0;
  };
  std::vector<PlannedNode> nodes;  ///< 2 to 7
  std::vector<UserId> users;       ///< 1 or 2
  std::vector<std::string> full_tabs;
  std::vector<std::string> simple_tabs;
  std::size_t copies = 0;  ///< other nodes that must have a write for its second ack
  bool forgets = false;    ///< tombstones are collected within the run
  NetworkFaults network;
  Dangers dangers;
};

Plan make_plan(SeededRandom& random, const RunOptions& options);

}  // namespace anabranch::simulation
