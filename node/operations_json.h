#pragma once

#include "cluster/drain.h"
#include "node/backup_desk.h"

#include <cstddef>
#include <string>

namespace anabranch::node {

/// How far a drain has come, as GET /v1/drain tells it.
std::string drain_json(const cluster::DrainProgress& progress, std::size_t connections);

/// The latest backup, as GET /v1/backup tells it.
std::string backup_json(const BackupState& state);

}  // namespace anabranch::node
