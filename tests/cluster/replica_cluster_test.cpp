#include "tests/cluster/harness/violation.h"
#include "tests/cluster/harness/world.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

// Whole clusters under misfortune. SEED=n replays one run and tells what happens; SEEDS=n and
// FIRST_SEED=n run others.

namespace anabranch::simulation {

namespace {

constexpr std::size_t happenings = 300;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

void add(World::Tally& sum, const World::Tally& one) {
  sum.acked += one.acked;
  sum.replicated += one.replicated;
  sum.commits_failed += one.commits_failed;
  sum.disks_lost += one.disks_lost;
  sum.ids_minted += one.ids_minted;
  sum.pulls += one.pulls;
  sum.gaps += one.gaps;
}

/// What was broken; empty where every promise held.
std::string run(std::uint64_t seed, bool talkative, World::Tally& tally) {
  try {
    World world(seed, talkative);
    world.live(happenings);
    world.heal();
    add(tally, world.tally());
    return {};
  } catch (const Violation& violation) {
    return violation.what();
  }
}

TEST(SimulatedCluster, KeepsItsPromisesThroughWhateverHappens) {
  World::Tally tally;
  if (const std::uint64_t seed = from_environment("SEED", 0)) {
    EXPECT_EQ(run(seed, true, tally), "");
    return;
  }
  const std::uint64_t first = from_environment("FIRST_SEED", 1);
  const std::uint64_t count = from_environment("SEEDS", 300);
  int broken = 0;
  for (std::uint64_t seed = first; seed < first + count && broken < 10; ++seed) {
    const std::string violation = run(seed, false, tally);
    if (violation.empty()) continue;
    ++broken;
    ADD_FAILURE() << "seed " << seed << ": " << violation << "\nreplay with: SEED=" << seed
                  << " cluster_simulated_test";
  }
  std::printf(
      "%llu runs: %zu acks, %zu replicated, %zu failed commits, %zu disks lost, "
      "%zu ids minted, %llu pulls, %llu gaps\n",
      static_cast<unsigned long long>(count), tally.acked, tally.replicated, tally.commits_failed,
      tally.disks_lost, tally.ids_minted, static_cast<unsigned long long>(tally.pulls),
      static_cast<unsigned long long>(tally.gaps));
  if (broken > 0 || count < 100) return;
  EXPECT_GT(tally.acked, 50 * count);
  EXPECT_GT(tally.replicated, 5 * count);
  EXPECT_GT(tally.commits_failed, count / 2);
  EXPECT_GT(tally.disks_lost, count / 10);
  EXPECT_GT(tally.ids_minted, count / 5);
  EXPECT_GT(tally.pulls, 10 * count);
  EXPECT_GT(tally.gaps, count);
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
