#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace anabranch::transport {

/// Counts refused frames over the last ten seconds, second by second.
class RefusalCount {
 public:
  static constexpr std::uint32_t max_refused = 2000;
  static constexpr std::size_t window_seconds = 10;

  /// Counts one at `monotonic_ms`; true when that is one too many.
  bool add(std::int64_t monotonic_ms) {
    advance_to(monotonic_ms / 1000);
    ++seconds_[slot(newest_)];
    return std::accumulate(seconds_.begin(), seconds_.end(), 0U) > max_refused;
  }

 private:
  static std::size_t slot(std::int64_t second) {
    return static_cast<std::size_t>(second) % window_seconds;
  }

  void advance_to(std::int64_t second) {
    if (second - newest_ >= static_cast<std::int64_t>(window_seconds)) seconds_.fill(0);
    while (newest_ < second) {
      newest_ = std::max(newest_ + 1, second - static_cast<std::int64_t>(window_seconds));
      seconds_[slot(newest_)] = 0;
    }
  }

  std::array<std::uint32_t, window_seconds> seconds_{};
  std::int64_t newest_ = 0;
};

}  // namespace anabranch::transport
