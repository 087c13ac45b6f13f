#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

namespace anabranch::node {

/// Bounds how many lines of one kind are logged, where anybody outside can cause them at will. Safe
/// from any thread.
class LineBudget {
 public:
  static constexpr std::uint64_t lines = 20;
  static constexpr std::int64_t span_ms = 10'000;

  struct Verdict {
    bool may_log = false;
    std::uint64_t left_out = 0;  ///< how many were not logged since the last one that was
  };

  Verdict take(std::int64_t monotonic_ms) {
    const std::lock_guard lock(mutex_);
    if (monotonic_ms - began_ms_ >= span_ms) {
      began_ms_ = monotonic_ms;
      logged_ = 0;
    }
    if (logged_ >= lines) {
      ++left_out_;
      return {};
    }
    ++logged_;
    return {true, std::exchange(left_out_, 0)};
  }

 private:
  std::mutex mutex_;
  std::int64_t began_ms_ = -span_ms;
  std::uint64_t logged_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace anabranch::node
