#pragma once

#include <cstdint>

namespace anabranch {

/// A moment as its reader needs it: given to pure code as an argument, never asked for by it.
struct Now {
  std::int64_t wall_ms = 0;       ///< Unix time; may jump
  std::int64_t monotonic_ms = 0;  ///< from an arbitrary start; never falls
};

}  // namespace anabranch
