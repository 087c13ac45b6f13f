#pragma once

#include <stdexcept>
#include <string>

namespace anabranch::simulation {

/// A promise was broken; ends the run. The message says which, where and by what.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& otherwise) {
  if (!holds) throw Violation(otherwise);
}

}  // namespace anabranch::simulation
