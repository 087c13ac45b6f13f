#include "transport/client/held_wakes.h"

#include "transport/client/io_thread.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <future>
#include <memory>
#include <string>

namespace anabranch::transport {
namespace {

/// A gate whose thread is the test's: what waits is done when the test says so.
class HeldWakesTest : public testing::Test {
 protected:
  void hand_over(char letter) {
    gate->post([this, letter] { done += letter; });
  }
  /// How often the thread was woken since the last call; does what waits.
  std::size_t wakes() {
    context.restart();
    return context.poll();
  }

  boost::asio::io_context context;
  std::shared_ptr<IoGate> gate = std::make_shared<IoGate>(context);
  std::string done;
};

TEST_F(HeldWakesTest, NothingIsDoneWhileHeldAndAllInOrderByOneWakeAfterwards) {
  {
    const HeldWakes held;
    for (const char letter : {'a', 'b', 'c'}) hand_over(letter);
    EXPECT_EQ(wakes(), 0U);
  }
  EXPECT_EQ(wakes(), 1U);
  EXPECT_EQ(done, "abc");
}

TEST_F(HeldWakesTest, WithoutItTheThreadIsWokenAtOnce) {
  hand_over('a');
  EXPECT_EQ(wakes(), 1U);
  hand_over('b');
  EXPECT_EQ(wakes(), 1U);
  EXPECT_EQ(done, "ab");
}

TEST_F(HeldWakesTest, ItHoldsWhatItsOwnThreadHandsOver) {
  const HeldWakes held;
  std::async(std::launch::async, [this] { hand_over('a'); }).get();
  EXPECT_EQ(wakes(), 1U);
  EXPECT_EQ(done, "a");
}

TEST_F(HeldWakesTest, AGateThatIsShutMeanwhileIsNotWoken) {
  {
    const HeldWakes held;
    hand_over('a');
    gate->shut();
  }
  EXPECT_EQ(wakes(), 0U);
}

}  // namespace
}  // namespace anabranch::transport
