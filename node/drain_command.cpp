#include "node/admin_commands.h"
#include "node/command_output.h"
#include "node/commands.h"
#include "node/drain_report.h"
#include "node/duration.h"
#include "node/serve.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

namespace anabranch::node {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll_interval{100};
constexpr std::chrono::seconds progress_interval{1};

/// The query of a drain that does not wait for these members.
std::string drain_path(const std::vector<std::string>& except) {
  std::string path = "/v1/drain";
  char separator = '?';
  for (const std::string& name : except) {
    path += separator + std::string("except=") + percent_encode(name);
    separator = '&';
  }
  return path;
}

/// Asks the node how far it has come; an exit code where that is the end of it.
tl::expected<DrainReport, int> ask(const AdminTarget& target, std::string_view method,
                                   const std::string& path,
                                   const std::vector<std::string>& except) {
  const auto got = admin_request(target, method, path);
  if (!got) return tl::unexpected(complain(got.error().message, exit_failed));
  if (got->status != 200) return tl::unexpected(complain_of(*got));
  auto report = read_drain_report(got->body, except);
  if (!report) return tl::unexpected(complain(report.error().message, exit_failed));
  return *std::move(report);
}

int cancel(const AdminTarget& target) {
  const auto report = ask(target, "POST", "/v1/drain/cancel", {});
  if (!report) return report.error();
  return answer("no longer draining: the node takes clients again");
}

int give_up(const DrainReport& report, const std::string& timeout) {
  return complain("not safe to stop: after " + timeout + ' ' + report.missing() +
                      ". The node stays draining; anabranch drain waits again, and "
                      "anabranch drain --cancel lets it serve",
                  exit_failed);
}

int wait(const AdminTarget& target, DrainReport report, const DrainOptions& options,
         SteadyClock::time_point deadline) {
  auto next_word = SteadyClock::now() + progress_interval;
  while (true) {
    if (!report.draining) {
      return complain("the drain was cancelled; the node serves again", exit_failed);
    }
    const auto now = SteadyClock::now();
    // Clients that do not answer their goodbye lose nothing: they are not waited for in the end.
    if (report.safe && (report.connections == 0 || now >= deadline)) {
      return answer("safe to stop: " + report.reason());
    }
    if (now >= deadline) return give_up(report, options.timeout);
    if (now >= next_word) {
      complain("waiting: " + report.waiting_for(), exit_done);
      next_word = now + progress_interval;
    }
    std::this_thread::sleep_for(poll_interval);
    auto next = ask(target, "GET", drain_path(options.except), options.except);
    if (!next) return next.error();
    report = *std::move(next);
  }
}

}  // namespace

int drain_command(const DrainOptions& options) {
  const auto target = find_node(options.admin);
  if (!target) return complain(target.error().message, exit_usage);
  if (options.cancel) return cancel(*target);
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) {
    return complain(
        "--timeout: must be a duration such as 500ms, 60s or 5m, is \"" + options.timeout + '"',
        exit_usage);
  }
  const auto deadline = SteadyClock::now() + *timeout;
  auto report = ask(*target, "POST", drain_path(options.except), options.except);
  if (!report) return report.error();
  return wait(*target, *std::move(report), options, deadline);
}

}  // namespace anabranch::node
