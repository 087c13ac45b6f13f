#include "node/serve.h"

#include "node/running_node.h"
#include "node/signals.h"
#include "node/version.h"

#include <signal.h>
#include <sys/stat.h>

namespace anabranch::node {

namespace {

void log_reload(const Result<std::vector<std::string>>& changes, const Log& log) {
  if (!changes) {
    log.error("reload refused, nothing has changed", {{"error", changes.error().message}});
    return;
  }
  log.info("reloaded the cluster file, the keys for tokens and the limits");
  for (const std::string& change : *changes) log.info("since the reload: " + change);
}

}  // namespace

int run_node(const NodeConfig& node, const ClusterConfig& cluster, const Log& log,
             const OnListening& on_listening) {
  ::umask(S_IRWXG | S_IRWXO);  // what a node writes are users' data
  Signals signals;             // before any thread is started: they inherit what is blocked
  log.info("starting", {{"node", node.name}, {"cluster", cluster.name}, {"version", version()}});
  RunningNode running(node, cluster, log);
  if (auto started = running.start(); !started) {
    log.error("cannot start", {{"error", started.error().message}});
    return started.error().code == Errc::invalid_config ? exit_usage : exit_failed;
  }
  on_listening(running.client_port());

  while (true) {
    const int signal = signals.wait();
    if (signal != SIGHUP) break;
    if (node.source.file.empty()) continue;
    log_reload(running.reload(), log);
  }
  log.info("stopping");
  running.stop();
  log.info("stopped");
  return exit_done;
}

}  // namespace anabranch::node
