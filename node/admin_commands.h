#pragma once

#include "base/result.h"
#include "node/admin_client.h"
#include "node/commands.h"

// What the commands that ask a running node have in common.

namespace anabranch::node {

/// The node that the options name. Errc::invalid_config for wrong ones.
Result<AdminTarget> find_node(const AdminOptions& options);

/// Says what the node said beside a status that is no success; the exit code.
int complain_of(const AdminAnswer& refusal);

}  // namespace anabranch::node
