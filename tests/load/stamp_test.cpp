#include "load/stamp.h"

#include <gtest/gtest.h>

#include <string>

namespace anabranch::load {
namespace {

TEST(StampClock, TurnsTimesIntoStampsAndBack) {
  const StampClock clock(5 * second, 1'764'000'000'000'000);
  EXPECT_EQ(clock.at(5 * second), 1'764'000'000'000'000U);
  EXPECT_EQ(clock.at(6 * second + millisecond), 1'764'000'001'001'000U);
  EXPECT_EQ(clock.time_of(clock.at(7 * second)), 7 * second);
  EXPECT_EQ(clock.time_of(clock.at(7 * second + 999)), 7 * second) << "to the microsecond";
}

TEST(StampClock, StampsHaveTheDigitsThatTextsHaveRoomFor) {
  EXPECT_EQ(std::to_string(StampClock::start().at(now())).size(), stamp_digits);
}

TEST(StampClock, RunsOfAnotherProcessLieBefore) {
  const Stamp earlier = StampClock::start().at(now() - millisecond);
  EXPECT_LT(earlier, StampClock::start().at(now()));
}

}  // namespace
}  // namespace anabranch::load
