#pragma once

#include "tests/cluster/harness/client.h"
#include "tests/cluster/harness/history.h"
#include "tests/cluster/harness/node.h"

#include <memory>
#include <vector>

// The promises, as checks that throw a Violation.

namespace anabranch::simulation {

/// Holds at any moment: the disk shows what all writes that its vector covers give, and where the
/// node is settled, what it says of itself is what its disk holds.
void check_node(const Node& node, const DiskImage& disk, const History& history);

/// Equal vectors with nothing beyond them mean equal records, tombstones and dots included.
void check_agreement(const Node& one, const DiskImage& its, const Node& other,
                     const DiskImage& others);

/// Every write that a client was told is safe stands or has lost to one that stands. Writes that
/// were on one disk alone when it was lost are excused; `disks_lost` and `copies` say which others.
void check_acked(const History& history, const std::vector<std::unique_ptr<Node>>& nodes,
                 std::size_t disks_lost, std::size_t copies);

}  // namespace anabranch::simulation
