#include "cluster/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace anabranch::cluster {

RateLimiter::RateLimiter(std::uint64_t per_minute, std::uint64_t burst) {
  set_rate(per_minute, burst);
}

void RateLimiter::set_rate(std::uint64_t per_minute, std::uint64_t burst) {
  per_ms_ = static_cast<double>(per_minute) / 60000.0;
  burst_ = static_cast<double>(burst);
}

double RateLimiter::tokens_of(const UserId& user, std::int64_t monotonic_ms) const {
  const auto found = buckets_.find(user);
  if (found == buckets_.end()) return burst_;
  const auto elapsed = static_cast<double>(monotonic_ms - found->second.at_ms);
  return std::min(burst_, found->second.tokens + elapsed * per_ms_);
}

std::optional<std::int64_t> RateLimiter::wait_ms(const UserId& user,
                                                 std::int64_t monotonic_ms) const {
  if (per_ms_ == 0) return {};
  const double missing = 1.0 - tokens_of(user, monotonic_ms);
  if (missing <= 0) return {};
  return std::max<std::int64_t>(1, std::llround(std::ceil(missing / per_ms_)));
}

void RateLimiter::take(const UserId& user, std::int64_t monotonic_ms) {
  if (per_ms_ == 0) return;
  const double left = tokens_of(user, monotonic_ms) - 1.0;
  buckets_[user] = {left, monotonic_ms};
}

void RateLimiter::forget_idle(std::int64_t monotonic_ms) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return tokens_of(entry.first, monotonic_ms) >= burst_; });
}

}  // namespace anabranch::cluster
