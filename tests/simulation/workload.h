#pragma once

#include "tests/simulation/oracles.h"
#include "tests/simulation/seeded_random.h"

#include <cstdint>

namespace anabranch::simulation {

/// What clients do: write, delete, batch, go offline, roam, come back, ask.
class Workload {
 public:
  Workload(SeededRandom& random, Nodes& nodes, Clients& clients)
      : random_(random), nodes_(nodes), clients_(clients) {}

  /// One client does one thing.
  void act();

 private:
  void write(Client& client);
  crdt::Change make_change(const crdt::Path& path);

  SeededRandom& random_;
  Nodes& nodes_;
  Clients& clients_;
  std::uint64_t values_ = 0;
};

}  // namespace anabranch::simulation
