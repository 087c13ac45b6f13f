#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace anabranch::node {

/// The node's latest backup, as `anabranch backup` reads and tells it.
struct BackupReport {
  std::uint64_t job = 0;
  bool running = false;
  std::string directory;
  std::uint64_t copied_bytes = 0;
  std::string error;  ///< why there is none; empty while it runs and when it was made
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t kept = 0;

  std::string progress() const;
  std::string summary() const;
};

/// Reads the answer of /v1/backup. Errc::malformed for anything else.
Result<BackupReport> read_backup_report(std::string_view json);

}  // namespace anabranch::node
