#include "transport/client/refusal_count.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

bool add_many(RefusalCount& count, std::uint32_t times, std::int64_t at_ms) {
  bool too_many = false;
  for (std::uint32_t i = 0; i < times; ++i) too_many = count.add(at_ms);
  return too_many;
}

TEST(RefusalCount, AllowsItsNumberAtOnce) {
  RefusalCount count;
  EXPECT_FALSE(add_many(count, RefusalCount::max_refused, 5000));
  EXPECT_TRUE(count.add(5000));
}

TEST(RefusalCount, AddsUpOverSeconds) {
  RefusalCount count;
  EXPECT_FALSE(add_many(count, 1000, 1'000'000));
  EXPECT_FALSE(add_many(count, 1000, 1'008'000));
  EXPECT_TRUE(count.add(1'008'999));
}

TEST(RefusalCount, ForgetsAfterTenSeconds) {
  RefusalCount count;
  EXPECT_FALSE(add_many(count, 2000, 1'000'000));
  EXPECT_FALSE(add_many(count, 2000, 1'010'000));
  EXPECT_FALSE(add_many(count, 2000, 9'000'000));
  EXPECT_TRUE(count.add(9'000'000));
}

TEST(RefusalCount, IsSteadyAtTheAllowedRate) {
  RefusalCount count;
  for (std::int64_t second = 0; second < 60; ++second) {
    ASSERT_FALSE(add_many(count, 200, second * 1000));
  }
}

}  // namespace
}  // namespace anabranch::transport
