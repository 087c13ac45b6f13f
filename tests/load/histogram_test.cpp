#include "load/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace anabranch::load {
namespace {

TEST(Histogram, AnEmptyOneTellsZeros) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.at(0.99), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
}

TEST(Histogram, TellsWhatAShareOfAllDoesNotPass) {
  Histogram histogram;
  for (Nanoseconds value = 1; value <= 1000; ++value) histogram.record(value);
  EXPECT_EQ(histogram.at(0.5), 500);
  EXPECT_EQ(histogram.at(0.99), 990);
  EXPECT_EQ(histogram.at(0.999), 999);
  EXPECT_EQ(histogram.at(1), 1000);
  EXPECT_EQ(histogram.at(0), 1);
  EXPECT_DOUBLE_EQ(histogram.mean(), 500.5);
}

TEST(Histogram, OneOutOfAThousandIsNotInTheFirst999) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.record(millisecond);
  histogram.record(second);
  EXPECT_LT(histogram.at(0.999), 2 * millisecond);
  EXPECT_EQ(histogram.at(0.9999), second);
  EXPECT_EQ(histogram.max(), second);
}

TEST(Histogram, TakesWhatLiesOutsideItsRange) {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(100'000 * second);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.at(0.5), 0);
  EXPECT_EQ(histogram.max(), 100'000 * second);
}

RC_GTEST_PROP(Histogram, IsWithinAThousandthOfTheTruth, ()) {
  const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<Nanoseconds>>(
      rc::gen::inRange<Nanoseconds>(0, 3600 * second)));
  Histogram histogram;
  for (const Nanoseconds value : values) histogram.record(value);
  std::vector<Nanoseconds> sorted = values;
  std::ranges::sort(sorted);
  for (const double quantile : {0.1, 0.5, 0.9, 0.99, 1.0}) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(sorted.size())));
    const Nanoseconds exact = sorted[std::max<std::size_t>(rank, 1) - 1];
    const Nanoseconds told = histogram.at(quantile);
    RC_ASSERT(told >= exact);
    RC_ASSERT(told - exact <= exact / 1000);
  }
}

RC_GTEST_PROP(Histogram, MergedOnesTellWhatOneOfAllWould, ()) {
  const auto values =
      *rc::gen::container<std::vector<Nanoseconds>>(rc::gen::inRange<Nanoseconds>(0, 100 * second));
  const auto at = *rc::gen::inRange<std::size_t>(0, values.size() + 1);
  Histogram all;
  Histogram left;
  Histogram right;
  for (std::size_t i = 0; i < values.size(); ++i) {
    all.record(values[i]);
    (i < at ? left : right).record(values[i]);
  }
  left.merge(right);
  RC_ASSERT(left.count() == all.count());
  RC_ASSERT(left.max() == all.max());
  for (const double quantile : {0.01, 0.5, 0.99, 0.999}) {
    RC_ASSERT(left.at(quantile) == all.at(quantile));
  }
}

}  // namespace
}  // namespace anabranch::load
