#pragma once

#include "base/result.h"
#include "cluster/replica_io.h"
#include "node/log.h"
#include "node/user_hash.h"

#include <cstddef>
#include <string>
#include <vector>

// Lines that are said in more than one place, or whose fields are gathered.

namespace anabranch::node {

/// Logs what the replica has to say.
void log_note(const Log& log, const UserHash& user_hash, const cluster::Note& note);

/// Logs that a traced write has been handed to `sessions` of its user.
void log_delivery(const Log& log, const UserHash& user_hash, const cluster::Deliver& deliver,
                  std::size_t sessions);

/// Logs what has become of a reload.
void log_reload(const Log& log, const Result<std::vector<std::string>>& changes);

}  // namespace anabranch::node
