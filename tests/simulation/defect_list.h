#pragma once

#include "base/defects.h"
#include "tests/simulation/node.h"

#include <span>
#include <string_view>

namespace anabranch::simulation {

struct NamedDefect {
  Defect defect;
  std::string_view name;
  std::string_view words;      ///< what the program does where the defect is planted
  ClientDefects client = {};   ///< … or what the simulation's own clients do
  bool of_drains = false;      ///< shows where nodes are drained
  bool of_forgetting = false;  ///< shows where deletes are forgotten while much is under way
};

/// Every defect of base/defects.h, and those of clients.
std::span<const NamedDefect> all_defects();

}  // namespace anabranch::simulation
