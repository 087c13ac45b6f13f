#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace anabranch {

/// How long things took, counted in buckets. A value: two are added bucket by bucket.
struct DurationCounts {
  /// The upper ends of the buckets, inclusive, in ns: 50 µs to 10 s. What takes longer has the
  /// last.
  static constexpr std::array<std::int64_t, 17> bounds_ns = {
      50'000,      100'000,      250'000,      500'000,      1'000'000,     2'500'000,
      5'000'000,   10'000'000,   25'000'000,   50'000'000,   100'000'000,   250'000'000,
      500'000'000, 1000'000'000, 2500'000'000, 5000'000'000, 10'000'000'000};
  static constexpr std::size_t size = bounds_ns.size() + 1;

  static std::size_t bucket_of(std::int64_t ns) {
    const auto* at = std::lower_bound(bounds_ns.begin(), bounds_ns.end(), ns);
    return static_cast<std::size_t>(at - bounds_ns.begin());
  }

  /// `ns` below 0 counts as 0.
  void add(std::int64_t ns, std::uint64_t times = 1) {
    ns = std::max<std::int64_t>(ns, 0);
    buckets[bucket_of(ns)] += times;
    sum_ns += static_cast<std::uint64_t>(ns) * times;
  }

  void add(const DurationCounts& other) {
    for (std::size_t i = 0; i < size; ++i) buckets[i] += other.buckets[i];
    sum_ns += other.sum_ns;
  }

  bool operator==(const DurationCounts&) const = default;

  std::array<std::uint64_t, size> buckets{};  ///< each for itself, not those below it too
  std::uint64_t sum_ns = 0;
};

/// The same, for one thread that counts while others look: no lock and no locked instruction, so
/// that counting costs a few plain stores.
class DurationMeter {
 public:
  /// Of one thread alone.
  void add(std::int64_t ns) {
    ns = std::max<std::int64_t>(ns, 0);
    raise(buckets_[DurationCounts::bucket_of(ns)], 1);
    raise(sum_ns_, static_cast<std::uint64_t>(ns));
  }

  /// Any thread.
  DurationCounts counts() const {
    DurationCounts counts;
    for (std::size_t i = 0; i < DurationCounts::size; ++i) {
      counts.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    }
    counts.sum_ns = sum_ns_.load(std::memory_order_relaxed);
    return counts;
  }

 private:
  static void raise(std::atomic<std::uint64_t>& count, std::uint64_t by) {
    count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, DurationCounts::size> buckets_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

}  // namespace anabranch
