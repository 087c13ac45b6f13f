#include "load/process_watch.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace anabranch::load {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Fields of /proc/PID/stat after the command's name, which may hold anything and is in brackets.
Result<ProcessUse> look_at(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) {
    return fail(Errc::not_found, "there is no process " + std::to_string(pid) + " on this machine");
  }
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  constexpr int fields_before_times = 11;
  for (int i = 0; i < fields_before_times; ++i) fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  constexpr int fields_before_memory = 8;
  for (int i = 0; i < fields_before_memory; ++i) fields >> skipped;
  std::uint64_t pages = 0;
  fields >> pages;
  return ProcessUse{(user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)),
                    pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

}  // namespace

Result<ProcessUse> look_at_processes(const std::vector<pid_t>& pids) {
  ProcessUse all;
  for (const pid_t pid : pids) {
    const auto use = look_at(pid);
    if (!use) return tl::unexpected(use.error());
    all.cpu_seconds += use->cpu_seconds;
    all.memory_bytes += use->memory_bytes;
  }
  return all;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

std::size_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace anabranch::load
