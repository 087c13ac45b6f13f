#pragma once

#include "cluster/drain.h"
#include "node/backup_desk.h"

#include <cstddef>
#include <string>
#include <vector>

namespace anabranch::node {

/// How far a drain that does not wait for `except` has come, as GET /v1/drain?except=… tells it.
std::string drain_json(const cluster::DrainProgress& progress, std::size_t connections,
                       const std::vector<std::string>& except);

/// The latest backup, as GET /v1/backup tells it.
std::string backup_json(const BackupState& state);

}  // namespace anabranch::node
