#include "load/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace anabranch::load {
namespace {

using Send = std::pair<Nanoseconds, std::size_t>;  // when, by which sender

std::vector<Send> sends_of(const Timetable& timetable, const std::vector<std::size_t>& mine) {
  std::vector<Send> sends;
  for (Schedule schedule(timetable, mine); !schedule.done(); schedule.advance()) {
    sends.emplace_back(schedule.due(), mine[schedule.turn()]);
  }
  return sends;
}

TEST(Schedule, SendsEvenlyAndInTurn) {
  const Timetable timetable{1000, 2, 5 * second, 5 * second + 4 * millisecond};
  const std::vector<Send> expected = {{5 * second, 0},
                                      {5 * second + millisecond, 1},
                                      {5 * second + 2 * millisecond, 0},
                                      {5 * second + 3 * millisecond, 1}};
  EXPECT_EQ(sends_of(timetable, {0, 1}), expected);
}

TEST(Schedule, ThreadsShareOneTimetable) {
  const Timetable timetable{30'000, 7, 0, second / 10};
  std::vector<Send> together;
  for (const std::vector<std::size_t>& part :
       {std::vector<std::size_t>{0, 3, 6}, {1, 4}, {2, 5}, {}}) {
    const auto sends = sends_of(timetable, part);
    EXPECT_TRUE(std::ranges::is_sorted(sends));
    together.insert(together.end(), sends.begin(), sends.end());
  }
  std::ranges::sort(together);
  EXPECT_EQ(together, sends_of(timetable, {0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(together.size(), 3000U);
}

TEST(Schedule, DoesNotDriftFromItsRate) {
  const Timetable timetable{333'333, 1, 0, 100 * second};
  Schedule schedule(timetable, {0});
  std::size_t sends = 0;
  for (; !schedule.done(); schedule.advance()) ++sends;
  EXPECT_NEAR(static_cast<double>(sends), 33'333'300, 1);
}

TEST(Schedule, CountsTheRoundsOfEachSender) {
  Schedule schedule({1000, 3, 0, second}, {1, 2});
  EXPECT_EQ(schedule.round(), 0U);
  schedule.advance();
  EXPECT_EQ(schedule.round(), 0U);
  schedule.advance();
  EXPECT_EQ(schedule.round(), 1U);
  EXPECT_EQ(schedule.turn(), 0U);
  EXPECT_EQ(schedule.due(), 4 * millisecond);
}

TEST(Schedule, IsDoneAtOnceWithoutSenders) {
  EXPECT_TRUE(Schedule({1000, 3, 0, second}, {}).done());
}

}  // namespace
}  // namespace anabranch::load
