#pragma once

#include "node/bench_command.h"

#include <functional>
#include <memory>

// NOLINTNEXTLINE(readability-identifier-naming): the library's own name
namespace CLI {
class App;
}

namespace anabranch::node {

/// The options of `anabranch bench`. Outlives the parser.
struct BenchArguments {
  BenchArguments();

  BenchOptions updates;
  BenchOptions search;
  BenchOptions connect;
  BenchOptions idle;
  BenchOptions fill;
  BenchOptions resume;
};

/// Adds the subcommand and its modes; the one that is chosen is left in `chosen`.
void add_bench(CLI::App& app, BenchArguments& arguments, std::function<int()>& chosen);

}  // namespace anabranch::node
