#pragma once

#include "base/clock.h"
#include "node/config.h"
#include "node/connection_log.h"
#include "node/current_cluster.h"
#include "node/replica_loop.h"
#include "transport/client/server.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace anabranch::node {

/// What the HTTP routes answer from. Everything outlives the servers.
struct RouteContext {
  const NodeConfig& node;
  const CurrentCluster& cluster;
  ReplicaLoop& loop;
  const Clock& clock;
  const ConnectionLog& connections;
  std::int64_t started_ms = 0;  ///< monotonic
  /// Reads the files again: what has changed, or why nothing has.
  std::function<Result<std::vector<std::string>>()> reload;
  /// Moves the clients away, or takes them again. Errc::refused while the node starts or stops.
  std::function<Result<void>(bool draining)> set_draining;
  std::atomic<bool> draining{false};
  /// Unix time at which the certificate for clients ends; 0 without TLS.
  std::atomic<std::int64_t> tls_expires_at_s{0};
  /// The clients' server, once it is up.
  std::atomic<const transport::Server*> clients{nullptr};
};

/// On the clients' port: /healthz, /readyz, /v1/nodes.
transport::HttpHandler client_routes(RouteContext& context);

/// On the admin port: the status page at /, for which no token is asked; /v1/status, /metrics,
/// /v1/state?user=…&path=…, by POST /v1/cluster/reload, and what node/operations.h says. Asks for
/// the admin token where there is one.
transport::HttpHandler admin_routes(RouteContext& context);

}  // namespace anabranch::node
