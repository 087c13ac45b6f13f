#include "base/duration_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace anabranch {
namespace {

std::size_t bucket(std::int64_t ns) { return DurationCounts::bucket_of(ns); }

TEST(DurationCounts, ABucketHoldsWhatIsNotLongerThanItsBound) {
  EXPECT_EQ(bucket(0), 0U);
  EXPECT_EQ(bucket(50'000), 0U);
  EXPECT_EQ(bucket(50'001), 1U);
  EXPECT_EQ(bucket(1'000'000), 4U);
  EXPECT_EQ(bucket(10'000'000'000), DurationCounts::size - 2);
  EXPECT_EQ(bucket(10'000'000'001), DurationCounts::size - 1);
  EXPECT_EQ(bucket(INT64_MAX), DurationCounts::size - 1);
  EXPECT_TRUE(std::is_sorted(DurationCounts::bounds_ns.begin(), DurationCounts::bounds_ns.end()));
}

TEST(DurationCounts, NothingTakesLessThanNoTime) {
  DurationCounts counts;
  counts.add(-5);
  EXPECT_EQ(counts.buckets[0], 1U);
  EXPECT_EQ(counts.sum_ns, 0U);
}

TEST(DurationCounts, AddUp) {
  DurationCounts counts;
  counts.add(60'000, 3);
  DurationCounts other;
  other.add(60'000);
  other.add(20'000'000'000);
  counts.add(other);
  EXPECT_EQ(counts.buckets[1], 4U);
  EXPECT_EQ(counts.buckets.back(), 1U);
  EXPECT_EQ(counts.sum_ns, 20'000'240'000U);
}

TEST(DurationMeter, CountsAsTheValueDoes) {
  DurationMeter meter;
  DurationCounts counts;
  for (const std::int64_t ns : {-1L, 1L, 70'000L, 3'000'000L, 3'000'000L, 99'000'000'000L}) {
    meter.add(ns);
    counts.add(ns);
  }
  EXPECT_EQ(meter.counts(), counts);
}

TEST(DurationMeter, MayBeReadWhileItCounts) {
  DurationMeter meter;
  constexpr std::uint64_t times = 100'000;
  std::thread counting([&meter] {
    for (std::uint64_t i = 0; i < times; ++i) meter.add(1'000'000);
  });
  for (std::uint64_t seen = 0; seen < times;) {
    const std::uint64_t now = meter.counts().buckets[4];
    EXPECT_GE(now, seen);
    seen = now;
  }
  counting.join();
  EXPECT_EQ(meter.counts().sum_ns, times * 1'000'000);
}

}  // namespace
}  // namespace anabranch
