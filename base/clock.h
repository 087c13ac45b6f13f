#pragma once

#include "base/time.h"

namespace anabranch {

/// Where the program's threads get the time from; the simulator has its own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

/// The machine's clocks. Safe from any thread.
class SystemClock final : public Clock {
 public:
  Now now() const override;
};

}  // namespace anabranch
