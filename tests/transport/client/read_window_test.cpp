#include "transport/client/read_window.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

TEST(ReadWindow, IsFullAtItsNumberOfFrames) {
  ReadWindow window;
  for (std::size_t i = 1; i < ReadWindow::max_frames; ++i) window.add(0);
  EXPECT_FALSE(window.full());
  window.add(0);
  EXPECT_TRUE(window.full());
  window.answered(1);
  EXPECT_FALSE(window.full());
}

TEST(ReadWindow, IsFullAtItsBytesAndFreesTheOldestFirst) {
  ReadWindow window;
  window.add(1);
  window.add(ReadWindow::max_bytes - 1);
  EXPECT_TRUE(window.full());
  window.answered(1);
  EXPECT_FALSE(window.full());
  window.add(1);
  EXPECT_TRUE(window.full());
}

TEST(ReadWindow, IsNotMovedByAnswersToNothing) {
  ReadWindow window;
  window.answered(3);
  for (std::size_t i = 0; i < ReadWindow::max_frames; ++i) window.add(1);
  EXPECT_TRUE(window.full());
}

TEST(ReadWindow, HoldsOverALongTime) {
  ReadWindow window;
  for (std::size_t i = 0; i < 100000; ++i) {
    window.add(i % 7);
    if (i >= 100) window.answered(1);
    ASSERT_FALSE(window.full());
  }
  window.answered(100);
  window.add(ReadWindow::max_bytes - 1);
  EXPECT_FALSE(window.full());
}

}  // namespace
}  // namespace anabranch::transport
