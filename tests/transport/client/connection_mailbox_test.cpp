#include "transport/client/connection_mailbox.h"

#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

struct Mail {
  explicit Mail(std::size_t cap) : box(SessionId{7}, cap, [this] { ++wakes; }) {}

  void send(std::size_t bytes) { box.send(frame_of(std::string(bytes, 'x'))); }

  /// The next frame alone, or null.
  Frame take() {
    std::vector<Frame> taken;
    box.take_frames(taken, 0);
    return taken.empty() ? nullptr : taken.front();
  }

  int wakes = 0;
  ConnectionMailbox box;
};

TEST(ConnectionMailbox, WakesOnceForManyFrames) {
  Mail mail(1000);
  mail.send(1);
  mail.send(2);
  EXPECT_EQ(mail.wakes, 1);
  mail.box.on_woken();
  EXPECT_EQ(mail.take()->size(), 1U);
  mail.send(3);
  EXPECT_EQ(mail.wakes, 1) << "the session is writing and will look again";
  EXPECT_EQ(mail.take()->size(), 2U);
  EXPECT_EQ(mail.take()->size(), 3U);
  EXPECT_EQ(mail.take(), nullptr);
  mail.send(4);
  EXPECT_EQ(mail.wakes, 2);
}

TEST(ConnectionMailbox, ClosesWhenMoreThanItsBufferPilesUp) {
  Mail mail(10);
  mail.send(100);
  mail.send(5);
  mail.send(5);
  EXPECT_FALSE(mail.box.is_closing());
  mail.send(1);
  ASSERT_TRUE(mail.box.close_request());
  EXPECT_EQ(mail.box.close_request()->code, CloseCode::too_slow);
  EXPECT_EQ(mail.take(), nullptr) << "what was queued is dropped";
}

TEST(ConnectionMailbox, CountsWhatWaitsBehindTheFrameBeingWritten) {
  Mail mail(10);
  mail.send(8);
  mail.take();
  mail.send(10);
  EXPECT_FALSE(mail.box.is_closing());
  mail.send(1);
  EXPECT_TRUE(mail.box.is_closing());
}

TEST(ConnectionMailbox, TakesAFrameOverTheCapIntoAnEmptyQueue) {
  Mail mail(10);
  for (int i = 0; i < 5; ++i) {
    mail.send(1000);
    EXPECT_EQ(mail.take()->size(), 1000U);
    EXPECT_EQ(mail.take(), nullptr);
  }
  EXPECT_FALSE(mail.box.is_closing());
}

TEST(ConnectionMailbox, GivesAsManyFramesAsFitButOneAtLeast) {
  Mail mail(1000);
  for (const std::size_t size : {50, 3, 4, 3, 1}) mail.send(size);
  const auto sizes = [&mail] {
    std::vector<Frame> taken;
    mail.box.take_frames(taken, 10);
    std::vector<std::size_t> all;
    for (const auto& one : taken) all.push_back(one->size());
    return all;
  };
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(sizes(), Sizes{50});
  EXPECT_EQ(sizes(), (Sizes{3, 4, 3}));
  EXPECT_EQ(mail.box.queued_bytes(), 1U);
  EXPECT_EQ(sizes(), Sizes{1});
  EXPECT_EQ(sizes(), Sizes{});
}

TEST(ConnectionMailbox, WakesForAnOverflowDuringAWrite) {
  Mail mail(10);
  mail.send(1);
  mail.box.on_woken();
  mail.take();
  mail.send(10);
  EXPECT_EQ(mail.wakes, 1);
  mail.send(1);
  EXPECT_EQ(mail.wakes, 2);
}

TEST(ConnectionMailbox, KeepsTheFirstCloseAndRefusesWhatFollows) {
  Mail mail(10);
  mail.box.close(CloseCode::too_many_connections, "first");
  mail.box.close(CloseCode::going_away, "second");
  mail.send(1);
  EXPECT_EQ(mail.box.close_request()->reason, "first");
  EXPECT_EQ(mail.take(), nullptr);
  EXPECT_EQ(mail.wakes, 1);
}

TEST(ConnectionMailbox, WakesForAnswersOnlyWhereTheSessionWaitsForThem) {
  Mail mail(10);
  mail.box.answered(2);
  EXPECT_EQ(mail.wakes, 0);
  EXPECT_EQ(mail.box.take_answered(), 2U);
  EXPECT_EQ(mail.box.take_answered(), 0U);
  mail.box.answered(1);
  mail.box.answered(1);
  EXPECT_EQ(mail.wakes, 1);
  EXPECT_EQ(mail.box.take_answered(), 2U);
}

TEST(ConnectionMailbox, DoesNothingOnceEnded) {
  Mail mail(10);
  mail.send(1);
  mail.box.end();
  mail.box.on_woken();
  mail.send(1);
  mail.box.close(CloseCode::going_away, "late");
  mail.box.answered(1);
  EXPECT_EQ(mail.wakes, 1);
  EXPECT_EQ(mail.take(), nullptr);
  EXPECT_FALSE(mail.box.close_request());
}

}  // namespace
}  // namespace anabranch::transport
