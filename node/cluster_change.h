#pragma once

#include "base/result.h"
#include "node/config.h"

#include <string>
#include <vector>

namespace anabranch::node {

/// What a new cluster file changes, as lines for the operator; empty where it says the same.
/// Refused (Errc::refused), in words that say why: another cluster's file, a lower epoch, and the
/// same epoch with other members, keys or settings, for then two nodes could go by different files
/// and believe that they agree. Addresses may differ from node to node, and may change without a
/// new epoch.
Result<std::vector<std::string>> compare_clusters(const ClusterConfig& now,
                                                  const ClusterConfig& next);

}  // namespace anabranch::node
