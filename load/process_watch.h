#pragma once

#include "base/result.h"

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace anabranch::load {

/// What processes have used; of several, together.
struct ProcessUse {
  double cpu_seconds = 0;
  std::uint64_t memory_bytes = 0;  ///< resident
};

/// Looks at the processes under test, on this machine. Errc::not_found for one that is not there.
Result<ProcessUse> look_at_processes(const std::vector<pid_t>& pids);

/// The processor time of this process so far.
double own_cpu_seconds();

/// Lets this process hold as many connections as it may. How many files that is.
std::size_t raise_file_limit();

}  // namespace anabranch::load
