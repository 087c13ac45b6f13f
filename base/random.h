#pragma once

#include <cstdint>

namespace anabranch {

/// A source of unpredictable (in the simulator: seeded) 64-bit numbers.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

/// The system's entropy. Safe from any thread.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

}  // namespace anabranch
