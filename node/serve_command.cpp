#include "base/clock.h"
#include "node/auth.h"
#include "node/command_output.h"
#include "node/commands.h"
#include "node/dev_config.h"
#include "node/log.h"
#include "node/serve.h"
#include "node/version.h"

#include <chrono>
#include <iostream>

namespace anabranch::node {

namespace {

/// What somebody who tries the node out needs: where to connect, and as whom.
std::string dev_welcome(const NodeConfig& node, std::uint16_t client_port) {
  const auto token = sign_token(node.auth.keys.front().material, "dev", std::chrono::hours(24 * 30),
                                {}, SystemClock().now());
  return "Anabranch " + std::string(version()) +
         ", a node for development\n\nurl    ws://127.0.0.1:" + std::to_string(client_port) +
         "/v1/sync\ntoken  " + token.value_or("") +
         "\n       (user \"dev\", for 30 days; `anabranch token --secret-file " +
         (node.data_dir.parent_path() / "jwt.secret").string() +
         " --sub NAME` makes others)\nstatus http://" + node.admin.listen + "/\n";
}

}  // namespace

int serve_command(const std::filesystem::path& node_file) {
  const auto config = load_configuration(node_file);
  if (!config) return complain(config.error().message, exit_usage);
  Log log(config->node.log);
  log.set_node(config->node.name);
  return run_node(config->node, config->cluster, log, [](std::uint16_t) {});
}

int serve_dev_command() {
  const auto config = make_dev_configuration("anabranch-data");
  if (!config) return complain(config.error().message, exit_failed);
  const Log log(config->node.log);
  return run_node(config->node, config->cluster, log, [&](std::uint16_t client_port) {
    answer(dev_welcome(config->node, client_port));
  });
}

}  // namespace anabranch::node
