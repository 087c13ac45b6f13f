#include "node/admin_commands.h"

#include "node/command_output.h"
#include "node/files.h"
#include "node/serve.h"
#include "node/status_table.h"

#include <utility>

namespace anabranch::node {

Result<AdminTarget> find_node(const AdminOptions& options) {
  const auto place = parse_host_port(options.address);
  if (!place || place->host == "*" || place->port == 0) {
    return fail(Errc::invalid_config,
                "--admin: must be an address and a port such as "
                "127.0.0.1:9101, is \"" +
                    options.address + '"');
  }
  AdminTarget target;
  target.place = *place;
  if (options.token_file.empty()) return target;
  auto token = read_secret_file(options.token_file);
  if (!token) return fail(Errc::invalid_config, "--admin-token-file: " + token.error().message);
  target.token = std::move(*token);
  return target;
}

int complain_of(const AdminAnswer& refusal) {
  if (refusal.status == 401 || refusal.status == 403) {
    return complain("the node wants its admin token: give --admin-token-file", exit_failed);
  }
  return complain(
      "the node answered " + std::to_string(refusal.status) + ": " + render_error(refusal.body),
      refusal.status == 400 ? exit_usage : exit_failed);
}

int status_command(const AdminOptions& admin, bool as_json) {
  const auto target = find_node(admin);
  if (!target) return complain(target.error().message, exit_usage);
  const auto status = admin_request(*target, "GET", "/v1/status");
  if (!status) return complain(status.error().message, exit_failed);
  if (status->status != 200) return complain_of(*status);
  if (as_json) return answer(status->body);
  const auto table = render_status(status->body);
  if (!table) return complain(table.error().message, exit_failed);
  return answer(*table);
}

int cluster_reload_command(const AdminOptions& admin) {
  const auto target = find_node(admin);
  if (!target) return complain(target.error().message, exit_usage);
  const auto reloaded = admin_request(*target, "POST", "/v1/cluster/reload");
  if (!reloaded) return complain(reloaded.error().message, exit_failed);
  if (reloaded->status != 200) return complain_of(*reloaded);
  const auto lines = render_changes(reloaded->body);
  if (!lines) return complain(lines.error().message, exit_failed);
  return answer(*lines);
}

int get_command(const GetOptions& options) {
  const auto target = find_node(options.admin);
  if (!target) return complain(target.error().message, exit_usage);
  std::string path = "/v1/state?user=" + percent_encode(options.user);
  if (options.path) path += "&path=" + percent_encode(*options.path);
  const auto state = admin_request(*target, "GET", path);
  if (!state) return complain(state.error().message, exit_failed);
  if (state->status == 404 && options.path) {
    return complain(options.user + " has nothing at " + *options.path, exit_failed);
  }
  if (state->status != 200) return complain_of(*state);
  return answer(state->body);
}

}  // namespace anabranch::node
