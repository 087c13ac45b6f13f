#include "transport/client/fifo.h"

#include "tests/transport/client/fakes.h"
#include "transport/client/frame_batch.h"

#include <gtest/gtest.h>

#include <string>

namespace anabranch::transport {
namespace {

// Memory of a burst is given back: a connection may be idle for hours afterwards.

TEST(Fifo, GivesTheMemoryOfABurstBack) {
  Fifo<int> fifo;
  for (int i = 0; i < 1000; ++i) fifo.push(i);
  EXPECT_GE(fifo.capacity(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(fifo.pop(), i);
  EXPECT_EQ(fifo.capacity(), 0U);
}

TEST(Fifo, GivesTheRestBackWhenTold) {
  Fifo<int> fifo;
  fifo.push(1);
  fifo.give_back();
  EXPECT_EQ(fifo.pop(), 1);
  EXPECT_GT(fifo.capacity(), 0U);
  fifo.give_back();
  EXPECT_EQ(fifo.capacity(), 0U);
}

TEST(FrameBatch, GivesTheMemoryOfALongArrayBack) {
  ConnectionMailbox mailbox(SessionId{1}, 1 << 20, [] {});
  for (int i = 0; i < 100; ++i) mailbox.send(frame_of(std::string(500, 'x')));
  FrameBatch batch;
  batch.use_arrays(true);
  FrameTimeMeter times;
  ASSERT_TRUE(batch.begin(mailbox, times));
  EXPECT_GE(batch.text_capacity(), 50'000U);
  batch.finish();
  EXPECT_LT(batch.text_capacity(), 5000U);
}

}  // namespace
}  // namespace anabranch::transport
