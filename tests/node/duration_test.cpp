#include "node/duration.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace anabranch::node {
namespace {

using namespace std::chrono_literals;

TEST(Duration, EachUnitIsRead) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("60s"), 60s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("30d"), 24h * 30);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, EverythingElseIsRefused) {
  for (const char* text : {"", "s", "5", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5h", "1h30m", "5S",
                           "5sec", "3654d", "18446744073709551616ms", "99999999999999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

RC_GTEST_PROP(Duration, WritingAndReadingGivesTheSame, ()) {
  const auto duration =
      std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, 315'000'000'000));
  RC_ASSERT(parse_duration(format_duration(duration)) == duration);
}

}  // namespace
}  // namespace anabranch::node
