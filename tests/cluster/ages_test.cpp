#include "cluster/ages.h"

#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace anabranch::cluster {

namespace {

using testing::SizeIs;

constexpr std::int64_t retention_ms = 20'000;
constexpr std::int64_t spacing_ms = 1'000;  // a twentieth of it

crdt::VersionVector up_to(std::uint64_t seq) { return vector_of({{origin_a, seq}}); }

class Ages : public testing::Test {
 protected:
  bool note(std::uint64_t seq, std::int64_t now_ms) {
    return note_age(marks, up_to(seq), now_ms, retention_ms);
  }
  /// The highest seq that is old enough; 0 where none is.
  std::uint64_t expired(std::int64_t now_ms) {
    const crdt::VersionVector* vector = older_than(marks, now_ms, retention_ms);
    return vector ? (*vector)[origin_a] : 0;
  }

  std::vector<wire::AgeMark> marks;
};

TEST_F(Ages, WhatAMarkCoversIsOldAFullRetentionLater) {
  EXPECT_EQ(expired(0), 0U);
  EXPECT_TRUE(note(5, 100));
  EXPECT_EQ(expired(100 + retention_ms - 1), 0U);
  EXPECT_EQ(expired(100 + retention_ms), 5U);
}

TEST_F(Ages, TheNewestMarkThatIsOldEnoughTells) {
  note(1, 0);
  note(2, spacing_ms);
  note(3, 2 * spacing_ms);
  EXPECT_EQ(expired(spacing_ms + retention_ms), 2U);
}

TEST_F(Ages, AMarkComesNoSoonerThanATwentiethAfterTheLast) {
  note(1, 0);
  EXPECT_FALSE(note(2, spacing_ms - 1));
  EXPECT_TRUE(note(2, spacing_ms));
  EXPECT_THAT(marks, SizeIs(2));
}

TEST_F(Ages, NoMarkWhileTheVectorStays) {
  note(1, 0);
  EXPECT_FALSE(note(1, 50 * retention_ms));
  EXPECT_EQ(expired(retention_ms), 1U) << "and the time of the first one counts";
}

TEST_F(Ages, SpacingIsBoundedBothWays) {
  EXPECT_TRUE(note_age(marks, up_to(1), 0, 0)) << "a retention of nothing";
  EXPECT_FALSE(note_age(marks, up_to(2), 49, 0));
  EXPECT_TRUE(note_age(marks, up_to(2), 50, 0));

  constexpr std::int64_t hour_ms = 60 * 60 * 1000;
  constexpr std::int64_t long_ms = 365 * 24 * hour_ms;
  marks.clear();
  note_age(marks, up_to(1), 0, long_ms);
  EXPECT_FALSE(note_age(marks, up_to(2), 12 * hour_ms - 1, long_ms));
  EXPECT_TRUE(note_age(marks, up_to(2), 12 * hour_ms, long_ms));
}

TEST_F(Ages, OfOldMarksTheNewestIsKept) {
  note(1, 0);
  note(2, spacing_ms);
  note(3, retention_ms + spacing_ms);
  EXPECT_THAT(marks, SizeIs(2));
  EXPECT_EQ(expired(retention_ms + spacing_ms), 2U);
}

TEST_F(Ages, AMarkFromTheFutureCountsFromNowOn) {
  note(1, 1'000'000);
  EXPECT_TRUE(note(1, 0)) << "or each later look would take it for one from now on";
  EXPECT_EQ(expired(retention_ms - 1), 0U);
  EXPECT_EQ(expired(retention_ms), 1U);
  EXPECT_TRUE(note(2, spacing_ms));
}

RC_GTEST_PROP(AgesProperty, NothingIsOldTooSoonAndEverythingIsInTime, ()) {
  std::vector<wire::AgeMark> marks;
  std::map<std::uint64_t, std::int64_t> stored_ms;
  std::int64_t now_ms = 0;
  std::uint64_t seq = 0;
  const auto waits =
      *rc::gen::container<std::vector<std::int64_t>>(200, rc::gen::inRange<std::int64_t>(1, 1500));
  const std::int64_t longest_wait_ms = *std::max_element(waits.begin(), waits.end());
  for (const std::int64_t wait_ms : waits) {
    now_ms += wait_ms;
    stored_ms[++seq] = now_ms;
    note_age(marks, up_to(seq), now_ms, retention_ms);
    RC_ASSERT(marks.size() <= 22U);
    const crdt::VersionVector* expired = older_than(marks, now_ms, retention_ms);
    const std::uint64_t last_expired = expired ? (*expired)[origin_a] : 0;
    if (last_expired > 0) RC_ASSERT(now_ms - stored_ms[last_expired] >= retention_ms);
    const std::int64_t latest_ms = retention_ms + spacing_ms + 2 * longest_wait_ms;
    RC_ASSERT(now_ms - stored_ms[last_expired + 1] <= latest_ms);
  }
}

}  // namespace

}  // namespace anabranch::cluster
