#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace anabranch::node {

/// The space of a file system, in bytes.
struct DiskSpace {
  std::uint64_t size = 0;
  std::uint64_t available = 0;  ///< to this process
};

/// What this process takes of its machine; what cannot be told is missing.
struct ResourceUse {
  double cpu_seconds = 0;  ///< of all its threads, since its start
  std::optional<std::uint64_t> resident_bytes;
  std::optional<DiskSpace> disk;  ///< where the data directory is
};

/// As it is now. Safe from any thread; asks the kernel, and reads nothing of the data directory.
ResourceUse resource_use(const std::filesystem::path& data_dir);

}  // namespace anabranch::node
