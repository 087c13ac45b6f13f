#include "tests/simulation/defect_list.h"
#include "tests/simulation/runner.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

// Plants one deliberate defect after the other and lets the simulation look for it.

namespace anabranch::simulation {

namespace {

struct Options {
  std::string only;
  std::uint64_t seeds = 3000;
  std::uint64_t from = 1;
  bool verbose = false;
  std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
};

/// True when a run broke a promise, as it should.
bool hunt(const NamedDefect& defect, const Options& options) {
  planted_defect = defect.defect;
  std::uint64_t runs = 0;
  Outcome caught;
  run_seeds(
      options.from, options.seeds, options.threads,
      [&](const Outcome& outcome) {
        ++runs;
        if (caught.violation.empty() && !outcome.violation.empty()) caught = outcome;
        return !caught.violation.empty();
      },
      defect.run);
  const std::string name(defect.name);
  if (caught.violation.empty()) {
    std::printf("MISSED %s: %llu seeds held\n", name.c_str(),
                static_cast<unsigned long long>(runs));
    return false;
  }
  std::printf("caught %s after %llu seeds\n", name.c_str(), static_cast<unsigned long long>(runs));
  if (options.verbose) {
    std::printf("  (%s)\n  seed %llu: %s\n", std::string(defect.words).c_str(),
                static_cast<unsigned long long>(caught.seed), caught.violation.c_str());
  }
  std::fflush(stdout);
  return true;
}

int main_with(int argc, char** argv) {
  Options options;
  CLI::App app("Plants deliberate defects and sees that the simulation finds each.",
               "simulate_defects");
  app.add_option("NAME", options.only, "this defect alone");
  app.add_option("--seeds", options.seeds, "try at most so many seeds")->capture_default_str();
  app.add_option("--from", options.from, "the first of them")->capture_default_str();
  app.add_flag("--verbose", options.verbose, "say what each defect is and what it broke");
  app.add_option("--threads", options.threads, "run so many at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::size_t caught = 0;
  std::size_t missed = 0;
  for (const NamedDefect& defect : all_defects()) {
    if (!options.only.empty() && defect.name != options.only) continue;
    ++(hunt(defect, options) ? caught : missed);
  }
  if (caught + missed == 0) {
    std::fprintf(stderr, "There is no defect \"%s\".\n", options.only.c_str());
    return 2;
  }
  std::printf("%zu passed, %zu failed\n", caught, missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace

}  // namespace anabranch::simulation

int main(int argc, char** argv) { return anabranch::simulation::main_with(argc, argv); }
