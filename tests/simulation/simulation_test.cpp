#include "tests/simulation/runner.h"

#include <gtest/gtest.h>

#include <cstdint>

// A few runs of the simulation, for builds that are too slow for many; `simulate` runs the many.

namespace anabranch::simulation {

namespace {

TEST(Simulation, EveryPromiseHoldsInTheFirstRuns) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    EXPECT_EQ(run_seed(seed, {}).violation, "") << "seed " << seed;
  }
}

TEST(Simulation, IsAFunctionOfItsSeed) {
  World one(7, {});
  World other(7, {});
  one.live(happenings);
  other.live(happenings);
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
}

}  // namespace

}  // namespace anabranch::simulation
