#include "cluster/origin_streams.h"

#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

crdt::Write write(std::uint64_t seq, ReplicaId origin = origin_b) {
  return write_of({origin, seq}, {set("a", "1")});
}

crdt::VersionVector b(std::uint64_t seq) { return vector_of({{origin_b, seq}}); }

TEST(OriginStreams, GivesTheNextWriteAndOnlyThat) {
  OriginStreams streams(1 << 20);
  streams.add({write(2), write(3)}, {});
  EXPECT_FALSE(streams.next(origin_b, {}));
  EXPECT_TRUE(streams.has_gap(origin_b, {}));
  streams.add({write(1)}, {});
  EXPECT_FALSE(streams.has_gap({}));
  ASSERT_TRUE(streams.next(origin_b, {}));
  EXPECT_EQ(streams.take(origin_b).dot.seq, 1U);
  EXPECT_EQ(streams.next(origin_b, b(1))->dot.seq, 2U);
}

TEST(OriginStreams, DropsWhatTheVectorHasComeToCover) {
  OriginStreams streams(1 << 20);
  streams.add({write(2), write(3), write(4)}, {});
  EXPECT_EQ(streams.next(origin_b, b(3))->dot.seq, 4U);
  EXPECT_FALSE(streams.has_gap(b(3)));
  EXPECT_FALSE(streams.next(origin_b, b(4)));
  EXPECT_EQ(streams.bytes(), 0U);
  EXPECT_THAT(streams.origins(), IsEmpty());
}

TEST(OriginStreams, TakesNothingThatIsCoveredOrHereAlready) {
  OriginStreams streams(1 << 20);
  streams.add({write(1), write(2)}, b(1));
  const std::size_t one = streams.bytes();
  streams.add({write(2)}, b(1));
  EXPECT_EQ(streams.bytes(), one);
  EXPECT_EQ(streams.bytes(), weight_of(write(2)));
}

TEST(OriginStreams, ReachIsWhatNeedsNoPull) {
  OriginStreams streams(1 << 20);
  streams.add({write(2), write(3), write(5)}, {});
  streams.add({write(1, origin_c)}, {});
  EXPECT_EQ(streams.reach(b(1)), vector_of({{origin_b, 3}, {origin_c, 1}}));
  EXPECT_EQ(streams.reach({}), vector_of({{origin_c, 1}}));
}

TEST(OriginStreams, HoldsNoMoreThanItsBytes) {
  OriginStreams streams(2 * weight_of(write(1)));
  streams.add({write(1), write(2), write(3)}, {});
  EXPECT_EQ(streams.bytes(), 2 * weight_of(write(1)));
  EXPECT_EQ(streams.reach({}), b(2));
  streams.take(origin_b);
  streams.add({write(3)}, b(1));
  EXPECT_EQ(streams.reach(b(1)), b(3));
}

TEST(OriginStreams, OriginsComeInTheirOrder) {
  OriginStreams streams(1 << 20);
  streams.add({write(1, origin_c)}, {});
  streams.add({write(1, origin_a)}, {});
  EXPECT_THAT(streams.origins(), ElementsAre(origin_a, origin_c));
  streams.clear();
  EXPECT_THAT(streams.origins(), IsEmpty());
  EXPECT_EQ(streams.bytes(), 0U);
}

}  // namespace

}  // namespace anabranch::cluster
