#pragma once

#include "base/ids.h"

#include <cstdint>
#include <map>
#include <optional>

namespace anabranch::cluster {

/// A token bucket for each user: `burst` tokens at most, `per_minute` come back each minute.
/// Users whose bucket is full again are forgotten, so it holds only those who wrote lately.
class RateLimiter {
 public:
  /// per_minute 0: no limit.
  RateLimiter(std::uint64_t per_minute, std::uint64_t burst);

  /// Changes the rate; nobody has more than a full bucket by it.
  void set_rate(std::uint64_t per_minute, std::uint64_t burst);

  /// Milliseconds until the user may write (at least 1); nothing when it may now.
  std::optional<std::int64_t> wait_ms(const UserId& user, std::int64_t monotonic_ms) const;

  /// Takes one token; only after wait_ms said nothing.
  void take(const UserId& user, std::int64_t monotonic_ms);

  /// Forgets the users whose bucket is full. Call it now and then.
  void forget_idle(std::int64_t monotonic_ms);

 private:
  struct Bucket {
    double tokens = 0;
    std::int64_t at_ms = 0;
  };
  double tokens_of(const UserId& user, std::int64_t monotonic_ms) const;

  double per_ms_ = 0;
  double burst_ = 0;
  std::map<UserId, Bucket> buckets_;
};

}  // namespace anabranch::cluster
