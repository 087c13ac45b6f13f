#include "crdt/version_vector.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace anabranch::crdt {
namespace {

using Entries = std::map<std::uint64_t, std::uint64_t>;

rc::Gen<Entries> any_entries() {
  const auto origin = rc::gen::inRange<std::uint64_t>(1, 6);
  const auto seq = rc::gen::inRange<std::uint64_t>(0, 5);
  return rc::gen::map(rc::gen::container<std::vector<std::pair<std::uint64_t, std::uint64_t>>>(
                          5, rc::gen::pair(origin, seq)),
                      [](const auto& pairs) { return Entries(pairs.begin(), pairs.end()); });
}

VersionVector vector_of(const Entries& entries) {
  VersionVector vector;
  for (const auto& [origin, seq] : entries) vector.raise({origin}, seq);
  return vector;
}

VersionVector joined(VersionVector left, const VersionVector& right) {
  left.join(right);
  return left;
}

TEST(VersionVector, KnowsNothingAtFirst) {
  const VersionVector vector;
  EXPECT_EQ(vector[ReplicaId{1}], 0);
  EXPECT_FALSE(vector.covers(Dot{{1}, 1}));
  EXPECT_TRUE(vector.covers(VersionVector{}));
  EXPECT_TRUE(vector.entries().empty());
}

TEST(VersionVector, CoversADotUpToItsSeq) {
  VersionVector vector;
  vector.raise({7}, 3);
  EXPECT_TRUE(vector.covers(Dot{{7}, 2}));
  EXPECT_TRUE(vector.covers(Dot{{7}, 3}));
  EXPECT_FALSE(vector.covers(Dot{{7}, 4}));
  EXPECT_FALSE(vector.covers(Dot{{8}, 1}));
}

TEST(VersionVector, RaiseSaysWhetherItChangedSomethingAndNeverLowers) {
  VersionVector vector;
  EXPECT_TRUE(vector.raise({1}, 5));
  EXPECT_FALSE(vector.raise({1}, 5));
  EXPECT_FALSE(vector.raise({1}, 4));
  EXPECT_EQ(vector[ReplicaId{1}], 5);
  EXPECT_TRUE(vector.raise({1}, 6));
}

TEST(VersionVector, HoldsNoEntryOfZero) {
  VersionVector vector;
  EXPECT_FALSE(vector.raise({1}, 0));
  EXPECT_EQ(vector, VersionVector{});
}

RC_GTEST_PROP(VersionVector, JoinIsTheGreatestOfEachEntry, ()) {
  const Entries left = *any_entries();
  const Entries right = *any_entries();
  const VersionVector both = joined(vector_of(left), vector_of(right));
  for (std::uint64_t origin = 0; origin < 7; ++origin) {
    const auto in = [&](const Entries& entries) {
      return entries.contains(origin) ? entries.at(origin) : 0;
    };
    RC_ASSERT(both[ReplicaId{origin}] == std::max(in(left), in(right)));
  }
}

RC_GTEST_PROP(VersionVector, JoinIsASemilattice, ()) {
  const VersionVector a = vector_of(*any_entries());
  const VersionVector b = vector_of(*any_entries());
  const VersionVector c = vector_of(*any_entries());
  RC_ASSERT(joined(a, a) == a);
  RC_ASSERT(joined(a, b) == joined(b, a));
  RC_ASSERT(joined(joined(a, b), c) == joined(a, joined(b, c)));
  RC_ASSERT(joined(a, VersionVector{}) == a);
}

RC_GTEST_PROP(VersionVector, CoversIsThePartialOrderOfJoin, ()) {
  const VersionVector a = vector_of(*any_entries());
  const VersionVector b = vector_of(*any_entries());
  RC_ASSERT(a.covers(b) == (joined(a, b) == a));
  RC_ASSERT(joined(a, b).covers(a));
  RC_ASSERT(joined(a, b).covers(b));
  RC_ASSERT((a.covers(b) && b.covers(a)) == (a == b));
}

RC_GTEST_PROP(VersionVector, CoversAVectorWhenItCoversEachOfItsLastDots, ()) {
  const VersionVector a = vector_of(*any_entries());
  const VersionVector b = vector_of(*any_entries());
  const bool covers_dots =
      std::all_of(b.entries().begin(), b.entries().end(),
                  [&](const auto& entry) { return a.covers(Dot{entry.first, entry.second}); });
  RC_ASSERT(a.covers(b) == covers_dots);
}

}  // namespace
}  // namespace anabranch::crdt
