#pragma once

#include "cluster/replica_status.h"
#include "node/config.h"
#include "node/connection_log.h"
#include "transport/client/frame_times.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::node {

/// What /v1/status tells beside the replica's own words.
struct ProcessStatus {
  double uptime_seconds = 0;
  bool draining = false;
  std::size_t connections = 0;  ///< authenticated ones
  std::size_t users = 0;        ///< with at least one of them
  std::size_t connections_limit = 0;
  std::size_t acks_required = 0;  ///< other nodes, by a "replicated" ack; 0: none is sent
  /// Unix time at which the certificate for clients ends; nothing without TLS.
  std::optional<std::int64_t> tls_expires_at_s = {};
  // For the metrics alone:
  ConnectionCounts connection_counts = {};
  transport::FrameTimes frame_times = {};
  std::size_t send_queue_bytes = 0;  ///< what waits for clients
  std::size_t inbox = 0;             ///< what waits for the replica
  std::size_t peer_inbox_bytes = 0;  ///< peers' messages among it
};

/// The answer of /v1/status, a JSON object. What is not known of a peer yet is null.
std::string status_json(const NodeConfig& node, const ClusterConfig& cluster,
                        const cluster::ReplicaStatus& replica, const ProcessStatus& process);

/// The answer to a reload.
std::string changes_json(const std::vector<std::string>& changes);

/// The answer of /v1/nodes: the members that have a client URL, and whether they take clients.
std::string nodes_json(const NodeConfig& node, const ClusterConfig& cluster,
                       const cluster::ReplicaStatus& replica, bool draining);

}  // namespace anabranch::node
