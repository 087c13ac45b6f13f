#pragma once

#include "load/time.h"

#include <cstddef>
#include <cstdint>

namespace anabranch::load {

/// What an update is known by: the time at which it was to be sent, in microseconds of Unix time.
/// So whoever sees it in an ack or an event knows the latency without looking anything up, and
/// updates of an earlier run are told from those of this one. It always has 16 digits, and a double
/// holds it.
using Stamp = std::uint64_t;

inline constexpr std::size_t stamp_digits = 16;

/// Turns times on the steady clock into stamps and back. All threads of a run share one, so that
/// setting the machine's clock changes nothing meanwhile.
class StampClock {
 public:
  /// `wall_us`: the Unix time in microseconds at `steady`.
  StampClock(Nanoseconds steady, std::int64_t wall_us) : steady_(steady), wall_us_(wall_us) {}

  /// By the machine's clocks.
  static StampClock start() {
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return {now(), duration_cast<microseconds>(wall).count()};
  }

  Stamp at(Nanoseconds time) const {
    return static_cast<Stamp>(wall_us_ + (time - steady_) / microsecond);
  }
  Nanoseconds time_of(Stamp stamp) const {
    return steady_ + (static_cast<std::int64_t>(stamp) - wall_us_) * microsecond;
  }

 private:
  Nanoseconds steady_;
  std::int64_t wall_us_;
};

}  // namespace anabranch::load
