#include "node/serve.h"

#include "node/log_lines.h"
#include "node/running_node.h"
#include "node/signals.h"
#include "node/version.h"

#include <signal.h>
#include <sys/stat.h>

namespace anabranch::node {

int run_node(const NodeConfig& node, const ClusterConfig& cluster, const Log& log,
             const OnListening& on_listening) {
  ::umask(S_IRWXG | S_IRWXO);  // what a node writes are users' data
  Signals signals;             // before any thread is started: they inherit what is blocked
  log.info("starting", {{"cluster", cluster.name}, {"version", version()}});
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
    log_reload(log, running.reload());
  }
  log.info("stopping");
  running.stop();
  log.info("stopped");
  return exit_done;
}

}  // namespace anabranch::node
