#include "transport/peer/operator_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace anabranch::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Topic = OperatorLog::Topic;

struct LogTest : ::testing::Test {
  std::vector<std::string> lines;
  OperatorLog log{[this](std::string line) { lines.push_back(std::move(line)); }};
};

TEST_F(LogTest, HoldsRepeatedLinesBackAndSaysHowMany) {
  for (std::int64_t now = 0; now < 10'000; now += 1000) log.say_rarely(Topic::refused, now, "no");
  EXPECT_THAT(lines, ElementsAre("no"));
  log.say_rarely(Topic::refused, 10'000, "no");
  EXPECT_THAT(lines, ElementsAre("no", HasSubstr("9 more")));
}

TEST_F(LogTest, TopicsDoNotHoldEachOtherBack) {
  log.say_rarely(Topic::refused, 0, "a");
  log.say_rarely(Topic::unsent, 0, "b");
  EXPECT_THAT(lines, ElementsAre("a", "b"));
}

TEST_F(LogTest, PlainLinesAreNeverHeldBack) {
  log.say("a");
  log.say("a");
  EXPECT_THAT(lines, ElementsAre("a", "a"));
}

TEST(OperatorLog, MayHaveNobodyToTell) {
  OperatorLog log({});
  log.say("a");
  log.say_rarely(Topic::unsent, 0, "b");
}

}  // namespace
}  // namespace anabranch::transport
