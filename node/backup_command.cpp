#include "node/admin_commands.h"
#include "node/backup_report.h"
#include "node/command_output.h"
#include "node/commands.h"
#include "node/serve.h"

#include <chrono>
#include <string>
#include <thread>

namespace anabranch::node {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll_interval{200};
constexpr std::chrono::seconds progress_interval{2};

/// Asks the node how its backup does; an exit code where that is the end of it.
tl::expected<BackupReport, int> ask(const AdminTarget& target, std::string_view method,
                                    const std::string& path) {
  const auto got = admin_request(target, method, path);
  if (!got) return tl::unexpected(complain(got.error().message, exit_failed));
  if (got->status != 200) return tl::unexpected(complain_of(*got));
  auto report = read_backup_report(got->body);
  if (!report) return tl::unexpected(complain(report.error().message, exit_failed));
  return *std::move(report);
}

int wait(const AdminTarget& target, BackupReport report) {
  const std::uint64_t job = report.job;
  auto next_word = SteadyClock::now() + progress_interval;
  while (report.running && report.job == job) {
    if (SteadyClock::now() >= next_word) {
      complain(report.progress(), exit_done);
      next_word = SteadyClock::now() + progress_interval;
    }
    std::this_thread::sleep_for(poll_interval);
    auto next = ask(target, "GET", "/v1/backup");
    if (!next) return next.error();
    report = *std::move(next);
  }
  if (report.job != job) {
    return complain("another backup has begun since; how this one ended is in the node's log",
                    exit_failed);
  }
  if (!report.error.empty()) return complain(report.error, exit_failed);
  return answer(report.summary());
}

}  // namespace

int backup_command(const BackupOptions& options) {
  const auto target = find_node(options.admin);
  if (!target) return complain(target.error().message, exit_usage);
  // The node has a working directory of its own.
  std::error_code error;
  const auto directory = std::filesystem::absolute(options.to, error).lexically_normal();
  if (options.to.empty() || error) return complain("--to: must be a directory", exit_usage);
  auto report = ask(*target, "POST",
                    "/v1/backup?to=" + percent_encode(directory.string()) +
                        "&keep=" + std::to_string(options.keep));
  if (!report) return report.error();
  return wait(*target, *std::move(report));
}

}  // namespace anabranch::node
