#include "tests/simulation/runner.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>

// Runs whole clusters under misfortune, one for each seed, and says which promises were broken.

namespace anabranch::simulation {

namespace {

/// A defect that breaks every run need not be told of more often.
constexpr std::size_t max_told = 10;

struct Options {
  std::uint64_t seeds = 1000;
  std::uint64_t from = 1;
  std::uint64_t seed = 0;
  RunOptions run;
  std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
};

void print(const World::Tally& tally, std::uint64_t runs, double seconds) {
  const double hours = static_cast<double>(tally.simulated_ms) / 3'600'000;
  std::printf("%llu seeds in %.1f s, %.0f seeds/s, %.1f simulated hours\n",
              static_cast<unsigned long long>(runs), seconds, static_cast<double>(runs) / seconds,
              hours);
  std::printf(
      "%zu writes on disks, %zu acked, %zu acked as replicated, %llu pulls, %llu gaps, "
      "%zu replica ids minted\n",
      tally.writes, tally.acked, tally.replicated, static_cast<unsigned long long>(tally.pulls),
      static_cast<unsigned long long>(tally.gaps), tally.ids_minted);
  for (const auto& [kind, times] : tally.faults.all()) {
    std::printf("%10llu  %s\n", static_cast<unsigned long long>(times), kind.c_str());
  }
}

int run_one(const Options& options) {
  const Outcome outcome = run_seed(options.seed, options.run);
  if (outcome.violation.empty()) {
    std::printf("seed %llu: every promise held\n", static_cast<unsigned long long>(options.seed));
    return 0;
  }
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(options.seed),
              outcome.violation.c_str());
  return 1;
}

int run_many(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  World::Tally sum;
  std::uint64_t runs = 0;
  std::size_t broken = 0;
  run_seeds(
      options.from, options.seeds, options.threads,
      [&](const Outcome& outcome) {
        ++runs;
        sum.add(outcome.tally);
        if (outcome.violation.empty()) return false;
        std::printf("seed %llu: %s\n  replay: ./dev simulate --seed %llu --trace%s%s%s\n",
                    static_cast<unsigned long long>(outcome.seed), outcome.violation.c_str(),
                    static_cast<unsigned long long>(outcome.seed),
                    options.run.forgetful ? " --forgetful" : "",
                    options.run.drains ? " --drains" : "",
                    options.run.old_disks ? " --old-disks" : "");
        return ++broken >= max_told;
      },
      options.run);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  print(sum, runs, seconds.count());
  std::printf("%llu seeds held, %zu broke\n", static_cast<unsigned long long>(runs - broken),
              broken);
  return broken == 0 ? 0 : 1;
}

int main_with(int argc, char** argv) {
  Options options;
  CLI::App app("Runs clusters under a virtual clock, a lying network and failing disks.",
               "simulate");
  app.add_option("--seeds", options.seeds, "how many seeds to run")->capture_default_str();
  app.add_option("--from", options.from, "the first of them")->capture_default_str();
  app.add_option("--seed", options.seed, "run this one alone")->excludes("--seeds", "--from");
  app.add_flag("--trace", options.run.talkative, "tell what happens")->needs("--seed");
  app.add_flag("--forgetful", options.run.forgetful,
               "only worlds in which deletes are forgotten while much is under way");
  app.add_flag("--drains", options.run.drains, "nodes are drained too, and burn afterwards");
  app.add_flag("--old-disks", options.run.old_disks,
               "only worlds in which disks go back in time, and one other node alone knows of it");
  app.add_option("--threads", options.threads, "run so many at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return app.count("--seed") > 0 ? run_one(options) : run_many(options);
}

}  // namespace

}  // namespace anabranch::simulation

int main(int argc, char** argv) { return anabranch::simulation::main_with(argc, argv); }
