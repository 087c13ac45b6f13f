#pragma once

#include "base/defects.h"
#include "tests/simulation/node.h"

#include <span>
#include <string_view>

namespace anabranch::simulation {

struct NamedDefect {
  Defect defect;
  std::string_view name;
  std::string_view words;  ///< what the program does where the defect is planted
  RunOptions run = {};     ///< where that shows; or what the simulation's own clients do instead
};

/// Every defect of base/defects.h, and those of clients.
std::span<const NamedDefect> all_defects();

}  // namespace anabranch::simulation
