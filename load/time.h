#pragma once

#include <chrono>
#include <cstdint>

namespace anabranch::load {

/// A time on the steady clock, or a span, in nanoseconds.
using Nanoseconds = std::int64_t;

inline constexpr Nanoseconds microsecond = 1'000;
inline constexpr Nanoseconds millisecond = 1'000'000;
inline constexpr Nanoseconds second = 1'000'000'000;

inline Nanoseconds now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline double to_seconds(Nanoseconds span) { return static_cast<double>(span) / second; }
inline double to_milliseconds(Nanoseconds span) { return static_cast<double>(span) / millisecond; }

}  // namespace anabranch::load
