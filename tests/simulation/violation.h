#pragma once

#include <stdexcept>
#include <string>

namespace anabranch::simulation {

/// A promise was broken; ends the run. The message says which, where and by what.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `otherwise`: makes the words of the violation, only where it is one.
template <class Words>
void require(bool holds, Words otherwise) {
  if (!holds) throw Violation(otherwise());
}

}  // namespace anabranch::simulation
