#include "node/commands.h"

#include "base/clock.h"
#include "node/auth.h"
#include "node/command_output.h"
#include "node/config.h"
#include "node/duration.h"
#include "node/files.h"
#include "node/serve.h"
#include "transport/peer/peer_link.h"

namespace anabranch::node {

int check_command(const std::filesystem::path& node_file) {
  const auto config = load_configuration(node_file);
  if (!config) return complain(config.error().message, exit_usage);
  const std::size_t members = config->cluster.members.size();
  return answer("valid: node " + config->node.name + " of cluster " + config->cluster.name + " (" +
                std::to_string(members) + (members == 1 ? " member" : " members") + ", epoch " +
                std::to_string(config->cluster.epoch) + ')');
}

int keygen_command(const std::filesystem::path& out) {
  const transport::CurveKeys keys = transport::make_curve_keys();
  const auto written = write_new_secret_file(out, keys.secret_key + '\n');
  if (!written) return complain(written.error().message, exit_failed);
  return answer(keys.public_key);
}

int token_command(const TokenOptions& options) {
  const auto ttl = parse_duration(options.ttl);
  if (!ttl || ttl->count() == 0) {
    return complain("--ttl: must be a duration such as 60s, 1h or 30d, is \"" + options.ttl + '"',
                    exit_usage);
  }
  const auto secret = read_long_secret_file(options.secret_file);
  if (!secret) return complain("--secret-file: " + secret.error().message, exit_usage);
  const auto token = sign_token(*secret, options.user, *ttl, options.kid, SystemClock().now());
  if (!token) return complain("--sub: " + token.error().message, exit_usage);
  return answer(*token);
}

}  // namespace anabranch::node
