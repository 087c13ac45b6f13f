#include "transport/peer/byte_budget.h"

#include <gtest/gtest.h>

#include <limits>

namespace anabranch::transport {
namespace {

TEST(ByteBudget, RefusesWhatWouldPassTheLimit) {
  ByteBudget budget(10);
  EXPECT_TRUE(budget.take(6));
  EXPECT_FALSE(budget.take(5));
  EXPECT_TRUE(budget.take(4));
  EXPECT_EQ(budget.taken(), 10u);
}

TEST(ByteBudget, DoesNotOverflow) {
  ByteBudget budget(10);
  EXPECT_TRUE(budget.take(1));
  EXPECT_FALSE(budget.take(std::numeric_limits<std::size_t>::max()));
  EXPECT_EQ(budget.taken(), 1u);
}

TEST(ByteBudget, HasRoomAgainAfterGivingBack) {
  ByteBudget budget(10);
  EXPECT_TRUE(budget.take(10));
  budget.give_back(3);
  EXPECT_TRUE(budget.take(3));
  EXPECT_FALSE(budget.take(1));
}

TEST(CountedBytes, CountsWhileItLives) {
  const auto budget = std::make_shared<ByteBudget>(10'000);
  auto bytes = CountedBytes::make(std::string(5000, 'x'), budget);
  ASSERT_TRUE(bytes);
  EXPECT_GE(budget->taken(), 5000u);
  bytes.reset();
  EXPECT_EQ(budget->taken(), 0u);
}

TEST(CountedBytes, IsNotMadeBeyondTheBudget) {
  const auto budget = std::make_shared<ByteBudget>(10'000);
  const auto first = CountedBytes::make(std::string(9000, 'x'), budget);
  EXPECT_TRUE(first);
  EXPECT_FALSE(CountedBytes::make(std::string(2000, 'x'), budget));
}

// Else a flood of tiny messages would pass the bound by what each costs beside its bytes.
TEST(CountedBytes, EmptyOnesCountToo) {
  const auto budget = std::make_shared<ByteBudget>(10'000);
  const auto bytes = CountedBytes::make("", budget);
  EXPECT_GT(budget->taken(), 0u);
}

}  // namespace
}  // namespace anabranch::transport
