#pragma once

#include "tests/simulation/world.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace anabranch::simulation {

/// How many things happen in one run before everything is mended.
inline constexpr std::size_t happenings = 300;

/// One run: what was broken, or nothing where every promise held.
struct Outcome {
  std::uint64_t seed = 0;
  std::string violation;
  World::Tally tally;
};

Outcome run_seed(std::uint64_t seed, const RunOptions& options);

/// Runs the seeds from `first` on, `count` of them, on as many threads as named; an outcome is
/// handed over by one thread at a time, in no certain order. No new seed is begun once
/// `stop_after(outcome)` has answered true.
void run_seeds(std::uint64_t first, std::uint64_t count, std::size_t threads,
               const std::function<bool(const Outcome&)>& stop_after,
               const RunOptions& options = {});

}  // namespace anabranch::simulation
