#include "cluster/rate_limiter.h"

#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

TEST(RateLimiter, LetsABurstThroughAndThenMakesWait) {
  RateLimiter rate(60, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(rate.wait_ms("alice", 0));
    rate.take("alice", 0);
  }
  EXPECT_EQ(rate.wait_ms("alice", 0), 1000);
  EXPECT_EQ(rate.wait_ms("alice", 400), 600);
  EXPECT_FALSE(rate.wait_ms("bob", 0));
}

TEST(RateLimiter, AfterTheWaitThatItNamedThereIsAToken) {
  for (const std::uint64_t per_minute : {1U, 7U, 60U, 97U, 100U, 6000U, 100'000U}) {
    RateLimiter rate(per_minute, 1);
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      if (const auto wait = rate.wait_ms("alice", now)) now += *wait;
      ASSERT_FALSE(rate.wait_ms("alice", now)) << per_minute << " a minute, write " << i;
      rate.take("alice", now);
    }
  }
}

TEST(RateLimiter, NeverHoldsMoreThanTheBurst) {
  RateLimiter rate(60, 2);
  rate.take("alice", 0);
  rate.take("alice", 3'600'000);
  rate.take("alice", 3'600'000);
  EXPECT_TRUE(rate.wait_ms("alice", 3'600'000));
}

TEST(RateLimiter, ZeroMeansNoLimit) {
  RateLimiter rate(0, 0);
  for (int i = 0; i < 1000; ++i) rate.take("alice", 0);
  EXPECT_FALSE(rate.wait_ms("alice", 0));
}

TEST(RateLimiter, ForgettingTheIdleChangesNothing) {
  RateLimiter rate(60, 2);
  rate.take("alice", 0);
  rate.take("alice", 0);
  rate.forget_idle(500);
  EXPECT_EQ(rate.wait_ms("alice", 500), 500);
  rate.forget_idle(2000);
  EXPECT_FALSE(rate.wait_ms("alice", 2000));
}

}  // namespace

}  // namespace anabranch::cluster
