#include "node/routes.h"

#include "node/http_answers.h"
#include "node/metrics.h"
#include "node/operations.h"
#include "node/status.h"
#include "node/status_page.h"

#include <openssl/crypto.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anabranch::node {

namespace {

using transport::HttpAnswer;
using transport::HttpQuery;
using Done = std::function<void(HttpAnswer)>;

HttpAnswer plain(unsigned status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body) + "\n", false};
}

/// In a time that does not tell how much of the token was right.
bool may_enter(const std::string& token, const std::string& authorization) {
  if (token.empty()) return true;
  const std::string wanted = "Bearer " + token;
  return authorization.size() == wanted.size() &&
         CRYPTO_memcmp(authorization.data(), wanted.data(), wanted.size()) == 0;
}

void answer_nodes(RouteContext& context, Done done) {
  context.loop.ask([&context, done = std::move(done)](const ReplicaLoop::View& view) {
    const auto status = view.replica.status(view.now);
    done({200, "application/json",
          nodes_json(context.node, *context.cluster.get(), status, context.draining), true});
  });
}

ProcessStatus process_status(const RouteContext& context, const ReplicaLoop::View& view) {
  ProcessStatus process;
  process.uptime_seconds = static_cast<double>(view.now.monotonic_ms - context.started_ms) / 1000.0;
  process.draining = context.draining;
  process.connections = view.rooms.sessions();
  process.users = view.rooms.users();
  if (const std::int64_t end = context.tls_expires_at_s; end != 0) process.tls_expires_at_s = end;
  process.connections_limit = context.node.clients.max_connections;
  process.acks_required = context.cluster.get()->replication.acks;
  return process;
}

void answer_status(RouteContext& context, Done done) {
  context.loop.ask([&context, done = std::move(done)](const ReplicaLoop::View& view) {
    done({200, "application/json",
          status_json(context.node, *context.cluster.get(), view.replica.status(view.now),
                      process_status(context, view)) +
              "\n",
          false});
  });
}

void answer_metrics(RouteContext& context, Done done) {
  // Asked for here, where a file system that does not answer holds up nothing but the admin port.
  const ResourceUse resources = resource_use(context.node.data_dir);
  context.loop.ask([&context, resources, done = std::move(done)](const ReplicaLoop::View& view) {
    ProcessStatus process = process_status(context, view);
    process.connection_counts = context.connections.counts();
    if (const transport::Server* clients = context.clients) {
      process.frame_times = clients->frame_times();
    }
    process.send_queue_bytes = view.rooms.queued_bytes();
    process.inbox = view.inbox;
    process.peer_inbox_bytes = view.peer_inbox_bytes;
    done({200, "text/plain; version=0.0.4; charset=utf-8",
          metrics_text(view.replica.status(view.now), process, context.loop.timings(), resources),
          false});
  });
}

void answer_state(RouteContext& context, const HttpQuery& query, Done done) {
  const auto user = parameter(query, "user");
  if (!user || !is_valid_user(*user)) {
    return done(error_answer(400, "user: must be 1 to 256 bytes without control characters"));
  }
  std::optional<crdt::Path> path;
  if (const auto text = parameter(query, "path")) {
    auto parsed = crdt::Path::parse(*text);
    if (!parsed) return done(error_answer(400, parsed.error().message));
    path = std::move(*parsed);
  }
  context.loop.read_state(*user, std::move(path),
                          [done = std::move(done)](Result<std::optional<std::string>> state) {
                            if (!state) return done(error_answer(503, state.error().message));
                            if (!*state) return done(error_answer(404, "nothing at this path"));
                            done({200, "application/json", **state + "\n", false});
                          });
}

HttpAnswer answer_page() {
  const StatusPage& page = status_page();
  return {200, "text/html; charset=utf-8", page.html, false, page.content_security_policy};
}

HttpAnswer answer_reload(RouteContext& context) {
  const auto changes = context.reload();
  if (!changes) {
    const bool is_refused = changes.error().code == Errc::refused;
    return error_answer(is_refused ? 409 : 400, changes.error().message);
  }
  return {200, "application/json", changes_json(*changes) + "\n", false};
}

}  // namespace

transport::HttpHandler client_routes(RouteContext& context) {
  return [&context](HttpQuery query, Done done) {
    if (!is_read(query)) return done(error_answer(405, "only GET is served here"));
    if (query.path == "/healthz") return done(plain(200, "ok"));
    if (query.path == "/readyz") {
      const bool ready = context.loop.ready() && !context.draining;
      return done(ready ? plain(200, "ready") : plain(503, "not ready"));
    }
    if (query.path == "/v1/nodes") return answer_nodes(context, std::move(done));
    done(error_answer(404, "there is nothing here; clients connect to /v1/sync"));
  };
}

transport::HttpHandler admin_routes(RouteContext& context) {
  return [&context](HttpQuery query, Done done) {
    // The page holds no data: it asks people for the token itself.
    if (query.path == "/" && is_read(query)) return done(answer_page());
    if (!may_enter(context.node.admin.token, query.authorization)) {
      return done(error_answer(401, "the admin token is missing or wrong"));
    }
    // Any page may send these to a port on its reader's machine, without being let see the answer.
    if (!is_read(query) && !query.origin.empty()) {
      return done(error_answer(403, "web pages may not change a node"));
    }
    if (query.path == "/v1/cluster/reload") {
      if (query.method != "POST") return done(error_answer(405, "this takes POST"));
      return done(answer_reload(context));
    }
    if (answer_operation(context, query, done)) return;
    if (!is_read(query)) return done(error_answer(405, "only GET is served here"));
    if (query.path == "/v1/status") return answer_status(context, std::move(done));
    if (query.path == "/metrics") return answer_metrics(context, std::move(done));
    if (query.path == "/v1/state") return answer_state(context, query, std::move(done));
    done(error_answer(404, "there is nothing here"));
  };
}

}  // namespace anabranch::node
