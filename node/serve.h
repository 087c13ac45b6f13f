#pragma once

#include "node/config.h"
#include "node/log.h"

#include <cstdint>
#include <functional>

namespace anabranch::node {

/// What the program's commands end with.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;  ///< a port in use, a directory locked, a refusal
inline constexpr int exit_usage = 2;   ///< wrong usage, or an invalid or missing file

/// Called once, when clients are taken, with the port that they are taken on.
using OnListening = std::function<void(std::uint16_t client_port)>;

/// Runs a node until SIGTERM or SIGINT and returns the exit code; what went wrong is in the log.
/// The two configurations have been checked together. A node from files (node.source.file is not
/// empty) reads them again on SIGHUP.
int run_node(const NodeConfig& node, const ClusterConfig& cluster, const Log& log,
             const OnListening& on_listening);

}  // namespace anabranch::node
