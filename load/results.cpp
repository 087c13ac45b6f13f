#include "load/results.h"

#include <algorithm>

namespace anabranch::load {

namespace {

/// A generator this late, and by this share of what it measures, has measured itself.
constexpr Nanoseconds tolerated_lag = millisecond / 4;
constexpr double tolerated_share = 0.2;
/// A thread that is busy for more than this share of the time has no room left.
constexpr double busy_share = 0.9;

std::uint64_t less(std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; }

double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

std::uint64_t UpdateResult::unanswered() const { return less(counts.sent, counts.answered()); }

std::uint64_t UpdateResult::lost_deliveries() const {
  return less(expected_deliveries, counts.delivered);
}

bool UpdateResult::is_whole() const {
  return counts.skipped == 0 && counts.acked == counts.sent && counts.sent > 0 &&
         counts.delivered == expected_deliveries && counts.failed == 0 && !cut_short;
}

double UpdateResult::acked_per_second() const { return rate(findings.ack.count(), seconds); }

double UpdateResult::delivered_per_second() const {
  return rate(findings.delivery.count(), seconds);
}

Nanoseconds UpdateResult::slower(double quantile) const {
  return std::max(findings.ack.at(quantile), findings.delivery.at(quantile));
}

bool UpdateResult::is_limited_by_generator() const {
  const Nanoseconds lag = findings.lag.at(0.99);
  return lag > tolerated_lag &&
         static_cast<double>(lag) > tolerated_share * static_cast<double>(slower(0.99));
}

bool OwnUse::is_limit(double seconds) const {
  return cpu_seconds > busy_share * seconds * static_cast<double>(threads);
}

bool SearchResult::passes(const UpdateResult& trial, double bound_seconds) {
  return trial.is_whole() && to_seconds(trial.slower(0.99)) <= bound_seconds;
}

}  // namespace anabranch::load
