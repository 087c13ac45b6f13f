#include "node/bench_command.h"

#include "base/clock.h"
#include "load/fleet.h"
#include "load/report.h"
#include "node/auth.h"
#include "node/command_output.h"
#include "node/duration.h"
#include "node/files.h"
#include "node/serve.h"

#include <iostream>
#include <memory>
#include <utility>

namespace anabranch::node {

namespace {

/// What made-up users' tokens are good for: longer than any run.
constexpr std::chrono::hours token_ttl{24};

tl::unexpected<Error> wrong(std::string message) {
  return fail(Errc::invalid_config, std::move(message));
}

Result<load::Nanoseconds> read_span(const char* option, const std::string& text) {
  const auto span = parse_duration(text);
  if (!span) {
    return wrong(std::string(option) + ": must be a duration such as 500ms, 10s or 1m, is \"" +
                 text + '"');
  }
  return load::Nanoseconds{span->count()} * load::millisecond;
}

Result<std::vector<load::Endpoint>> find_nodes(const std::vector<std::string>& urls) {
  std::vector<load::Endpoint> nodes;
  for (const std::string& url : urls) {
    auto endpoint = load::parse_endpoint_url(url);
    if (!endpoint) return wrong("--url: " + endpoint.error().message);
    auto resolved = load::resolve(std::move(*endpoint));
    if (!resolved) return wrong("--url: " + resolved.error().message);
    nodes.push_back(std::move(*resolved));
  }
  return nodes;
}

/// A token for each user: signed here, for users whose names begin with "bench-", or the given one.
Result<std::vector<std::string>> make_tokens(const BenchOptions& options) {
  if (!options.token.empty()) return std::vector<std::string>{options.token};
  const auto secret = read_long_secret_file(options.secret_file);
  if (!secret) {
    return wrong("--secret-file: " + secret.error().message +
                 " (the file that the node checks tokens with; or give --token)");
  }
  std::vector<std::string> tokens;
  for (std::size_t user = 0; user < options.users; ++user) {
    auto token = sign_token(*secret, "bench-" + std::to_string(options.first_user + user),
                            token_ttl, options.kid, SystemClock().now());
    if (!token) return wrong(token.error().message);
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

Result<void> check(const BenchOptions& options) {
  if (!options.token.empty() && options.users != 1) {
    return wrong(
        "--token: is one user's, so it goes with --users 1; with --secret-file there may "
        "be more");
  }
  if (options.token.empty() && options.secret_file.empty()) {
    return wrong("give --secret-file, the file that the node checks tokens with, or --token");
  }
  if (options.writers > options.devices) {
    return wrong("--writers: a user has no more of them than --devices");
  }
  return {};
}

Result<std::unique_ptr<load::Fleet>> make_fleet(const BenchOptions& options) {
  if (const auto fine = check(options); !fine) return tl::unexpected(fine.error());
  auto nodes = find_nodes(options.urls);
  if (!nodes) return tl::unexpected(nodes.error());
  auto tokens = make_tokens(options);
  if (!tokens) return tl::unexpected(tokens.error());
  load::FleetPlan plan;
  plan.nodes = std::move(*nodes);
  plan.tokens = std::move(*tokens);
  plan.users = options.users;
  plan.devices = options.devices;
  plan.writers = options.writers;
  plan.threads = options.threads;
  plan.value_bytes = options.value_bytes;
  plan.paths = options.paths;
  plan.tls = {options.ca_file, !options.insecure};
  plan.pids.assign(options.pids.begin(), options.pids.end());
  if (options.protocol == "socket.io") plan.dialect = &load::socket_io_dialect();
  if (!options.quiet) plan.progress = &std::cerr;
  if (const auto seen = load::look_at_processes(plan.pids); !seen) {
    return wrong("--pid: " + seen.error().message);
  }
  return load::Fleet::make(std::move(plan));
}

Result<load::UpdatePlan> make_update_plan(const BenchOptions& options) {
  load::UpdatePlan plan;
  plan.per_second = options.rate;
  const auto length = read_span("--for", options.length);
  const auto warm_up = read_span("--warm-up", options.warm_up);
  const auto patience = read_span("--patience", options.patience);
  for (const auto* span : {&length, &warm_up, &patience}) {
    if (!*span) return tl::unexpected(span->error());
  }
  plan.length = *length;
  plan.warm_up = *warm_up;
  plan.patience = *patience;
  return plan;
}

template <class Outcome>
int tell(const BenchOptions& options, const char* mode, const Outcome& result, bool good) {
  load::RunDescription run;
  run.mode = mode;
  run.nodes = options.urls;
  run.users = options.users;
  run.devices = options.devices;
  run.writers = options.writers;
  run.value_bytes = options.value_bytes;
  run.paths = options.paths;
  run.threads = options.threads;
  const int written = answer(options.json ? load::to_json(run, result) : load::to_text(result));
  return good ? written : exit_failed;
}

/// Without all of its connections a run would measure something else.
bool connect_all(load::Fleet& fleet, const BenchOptions& options) {
  const load::ConnectResult connected = fleet.connect(0, options.at_once);
  if (connected.is_whole()) return true;
  complain("not all clients could connect\n" + load::to_text(connected), exit_failed);
  return false;
}

void warn_of_rate_limit(const load::Fleet& fleet, const BenchOptions& options, double rate) {
  const std::string warning = load::rate_limit_warning(fleet.findings().updates_per_minute,
                                                       rate / static_cast<double>(options.users));
  if (!warning.empty()) complain(warning, exit_done);
}

}  // namespace

int bench_updates_command(const BenchOptions& options) {
  const auto plan = make_update_plan(options);
  if (!plan) return complain(plan.error().message, exit_usage);
  const auto fleet = make_fleet(options);
  if (!fleet) return complain(fleet.error().message, exit_usage);
  if (!connect_all(**fleet, options)) return exit_failed;
  warn_of_rate_limit(**fleet, options, plan->per_second);
  const load::UpdateResult result = (*fleet)->update(*plan);
  return tell(options, "updates", result, result.is_whole());
}

int bench_search_command(const BenchOptions& options) {
  const auto plan = make_update_plan(options);
  if (!plan) return complain(plan.error().message, exit_usage);
  const auto bound = read_span("--bound", options.bound);
  if (!bound) return complain(bound.error().message, exit_usage);
  const auto fleet = make_fleet(options);
  if (!fleet) return complain(fleet.error().message, exit_usage);
  if (!connect_all(**fleet, options)) return exit_failed;
  warn_of_rate_limit(**fleet, options, plan->per_second);
  const load::SearchResult result = (*fleet)->search(*plan, load::to_seconds(*bound));
  return tell(options, "search", result, result.best.has_value());
}

int bench_connect_command(const BenchOptions& options) {
  const auto fleet = make_fleet(options);
  if (!fleet) return complain(fleet.error().message, exit_usage);
  const load::ConnectResult result = (*fleet)->connect(options.rate, options.at_once);
  return tell(options, "connect", result, result.is_whole());
}

int bench_idle_command(const BenchOptions& options) {
  const auto length = read_span("--for", options.length);
  if (!length) return complain(length.error().message, exit_usage);
  const auto fleet = make_fleet(options);
  if (!fleet) return complain(fleet.error().message, exit_usage);
  load::IdleResult result;
  result.before = (*fleet)->server_use();
  result.connecting = (*fleet)->connect(options.rate, options.at_once);
  const auto failed = (*fleet)->counts().failed;
  (*fleet)->hold(*length);
  result.after = (*fleet)->server_use();
  result.seconds = result.connecting.seconds + load::to_seconds(*length);
  result.ended = (*fleet)->counts().failed - failed;
  return tell(options, "idle", result, result.connecting.is_whole() && result.ended == 0);
}

int bench_fill_command(const BenchOptions& options) {
  const auto fleet = make_fleet(options);
  if (!fleet) return complain(fleet.error().message, exit_usage);
  if (!connect_all(**fleet, options)) return exit_failed;
  const load::FillResult result = (*fleet)->fill(options.paths);
  return tell(options, "fill", result, result.is_whole());
}

int bench_resume_command(const BenchOptions& options) {
  const auto fleet = make_fleet(options);
  if (!fleet) return complain(fleet.error().message, exit_usage);
  if (!connect_all(**fleet, options)) return exit_failed;
  const load::FillResult filled = (*fleet)->fill(options.paths);
  if (!filled.is_whole()) {
    return complain("the state could not be written\n" + load::to_text(filled), exit_failed);
  }
  if (options.by_cursor) {
    // Everybody gets a cursor, and then misses some changes.
    (*fleet)->resume(false, false);
    load::UpdatePlan changes;
    changes.per_second = static_cast<double>(options.users * options.changes);
    changes.warm_up = 0;
    changes.length = load::second;
    const load::UpdateResult changed = (*fleet)->update(changes);
    if (!changed.is_whole()) {
      return complain("the changes could not be written\n" + load::to_text(changed), exit_failed);
    }
  }
  load::ResumeResult result = (*fleet)->resume(options.by_cursor, options.reconnect);
  result.paths = options.paths;
  result.changes = options.by_cursor ? options.changes : 0;
  return tell(options, "resume", result, result.is_whole());
}

}  // namespace anabranch::node
