#include "node/resource_use.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

namespace anabranch::node {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

std::optional<std::uint64_t> resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(file >> virtual_pages >> resident_pages)) return {};
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<DiskSpace> space_at(const std::filesystem::path& folder) {
  std::error_code failed;
  const auto space = std::filesystem::space(folder, failed);
  if (failed) return {};
  return DiskSpace{space.capacity, space.available};
}

}  // namespace

ResourceUse resource_use(const std::filesystem::path& data_dir) {
  return {cpu_seconds(), resident_bytes(), space_at(data_dir)};
}

}  // namespace anabranch::node
