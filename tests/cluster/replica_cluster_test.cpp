#include "tests/cluster/harness/world.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/cluster/harness/violation.h"

// Whole clusters under misfortune. SEED=n replays one run and tells what happens; SEEDS=n and
// FIRST_SEED=n run others.

namespace anabranch::simulation {

namespace {

constexpr std::size_t happenings = 300;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// What was broken; empty where every promise held.
std::string run(std::uint64_t seed, bool talkative = false) {
  try {
    World world(seed, talkative);
    world.live(happenings);
    world.heal();
    return {};
  } catch (const Violation& violation) {
    return violation.what();
  }
}

TEST(SimulatedCluster, KeepsItsPromisesThroughWhateverHappens) {
  if (const std::uint64_t seed = from_environment("SEED", 0)) {
    EXPECT_EQ(run(seed, true), "");
    return;
  }
  const std::uint64_t first = from_environment("FIRST_SEED", 1);
  const std::uint64_t count = from_environment("SEEDS", 300);
  int broken = 0;
  for (std::uint64_t seed = first; seed < first + count && broken < 10; ++seed) {
    const std::string violation = run(seed);
    if (violation.empty()) continue;
    ++broken;
    ADD_FAILURE() << "seed " << seed << ": " << violation << "\nreplay with: SEED=" << seed
                  << " cluster_simulated_test";
  }
}

TEST(SimulatedCluster, IsAFunctionOfItsSeed) {
  World one(7, false);
  World other(7, false);
  one.live(happenings);
  other.live(happenings);
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
}

}  // namespace

}  // namespace anabranch::simulation
