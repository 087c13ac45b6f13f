#include "transport/peer/silence_watch.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

using Expects = SilenceWatch::Expects;

TEST(SilenceWatch, StreamExpiresWhenNothingComesAfterBuilding) {
  const SilenceWatch watch(Expects::stream, 5000, 100);
  EXPECT_FALSE(watch.expired(5099));
  EXPECT_TRUE(watch.expired(5100));
}

TEST(SilenceWatch, StreamExpiresAfterTheLimitFromTheLastMessage) {
  SilenceWatch watch(Expects::stream, 5000, 0);
  watch.heard(4000);
  EXPECT_FALSE(watch.expired(8999));
  EXPECT_TRUE(watch.expired(9000));
}

TEST(SilenceWatch, SpeakingDoesNotProlongAStream) {
  SilenceWatch watch(Expects::stream, 5000, 0);
  watch.spoke(4000);
  EXPECT_TRUE(watch.expired(5000));
}

TEST(SilenceWatch, AnswersAreNotMissedBeforeAnythingWasAsked) {
  const SilenceWatch watch(Expects::answers, 5000, 0);
  EXPECT_FALSE(watch.expired(1'000'000));
}

TEST(SilenceWatch, AnswersExpireAfterTheLimitFromTheFirstUnansweredQuestion) {
  SilenceWatch watch(Expects::answers, 5000, 0);
  watch.spoke(1000);
  watch.spoke(5500);
  EXPECT_FALSE(watch.expired(5999));
  EXPECT_TRUE(watch.expired(6000));
}

TEST(SilenceWatch, AnAnswerEndsTheWaiting) {
  SilenceWatch watch(Expects::answers, 5000, 0);
  watch.spoke(1000);
  watch.heard(2000);
  EXPECT_FALSE(watch.expired(1'000'000));
}

TEST(SilenceWatch, RebuildingStartsTheLimitOver) {
  SilenceWatch watch(Expects::stream, 5000, 0);
  watch.heard(1);
  EXPECT_TRUE(watch.was_heard());
  watch.rebuilt(6000);
  EXPECT_FALSE(watch.was_heard());
  EXPECT_FALSE(watch.expired(10999));
  EXPECT_TRUE(watch.expired(11000));
}

TEST(SilenceWatch, RebuildingForgetsAnUnansweredQuestion) {
  SilenceWatch watch(Expects::answers, 5000, 0);
  watch.spoke(0);
  watch.rebuilt(5000);
  EXPECT_FALSE(watch.expired(100'000));
}

// What half-open links rely on: a limit of 5 s and a hello each second find one within 10 s.
TEST(SilenceWatch, FindsAHalfOpenLinkWithinTenSeconds) {
  SilenceWatch watch(Expects::answers, 5000, 0);
  watch.heard(0);
  std::int64_t now = 0;
  while (!watch.expired(now)) {
    now += 100;
    if (now % 1000 == 0) watch.spoke(now);
  }
  EXPECT_LE(now, 10'000);
}

}  // namespace
}  // namespace anabranch::transport
