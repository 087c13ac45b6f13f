#include "tests/simulation/runner.h"

#include "tests/simulation/violation.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace anabranch::simulation {

Outcome run_seed(std::uint64_t seed, const RunOptions& options) {
  Outcome outcome{seed, {}, {}};
  try {
    World world(seed, options);
    world.live(happenings);
    world.heal();
    outcome.tally = world.tally();
  } catch (const Violation& violation) {
    outcome.violation = violation.what();
  }
  return outcome;
}

void run_seeds(std::uint64_t first, std::uint64_t count, std::size_t threads,
               const std::function<bool(const Outcome&)>& stop_after, const RunOptions& options) {
  std::atomic<std::uint64_t> next = 0;
  std::mutex mutex;
  const auto work = [&] {
    for (std::uint64_t i = next++; i < count; i = next++) {
      const Outcome outcome = run_seed(first + i, options);
      const std::lock_guard lock(mutex);
      if (stop_after(outcome)) next = count;
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t i = 1; i < threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
}

}  // namespace anabranch::simulation
