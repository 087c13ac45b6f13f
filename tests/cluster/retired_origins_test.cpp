#include "cluster/retired_origins.h"

#include "tests/cluster/support.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace anabranch::cluster {

namespace {

const crdt::VersionVector durable = vector_of({{origin_a, 9}, {origin_b, 7}, {origin_c, 5}});
const std::set<ReplicaId> running = {origin_a, origin_b};

class RetiredOriginsTest : public testing::Test {
 protected:
  RetiredOriginsTest() { origins.note_unnamed(vector_of({{origin_c, 5}}), durable); }

  std::string cursor(const crdt::VersionVector& vector = durable,
                     const crdt::VersionVector& collected = {}) {
    return describe(origins.leave_out_of(vector, collected));
  }

  RetiredOrigins origins;
};

TEST_F(RetiredOriginsTest, AreThoseThatNobodyRunsOnceAllHaveWhatReplacedTheirWrites) {
  origins.update({}, durable, running);
  EXPECT_EQ(cursor(), "{A:9 B:7 C:5}") << "who has what is not known";
  origins.update(vector_of({{origin_a, 8}, {origin_b, 7}, {origin_c, 5}}), durable, running);
  EXPECT_EQ(cursor(), "{A:9 B:7 C:5}") << "one may still hold a record that names it";
  origins.update(durable, durable, running);
  EXPECT_EQ(cursor(), "{A:9 B:7}");
  EXPECT_EQ(origins.size(), 1U);
}

TEST_F(RetiredOriginsTest, OneThatAMemberRunsIsNot) {
  origins.update(durable, durable, {origin_a, origin_b, origin_c});
  EXPECT_EQ(cursor(), "{A:9 B:7 C:5}");
}

TEST_F(RetiredOriginsTest, OneThatHasWrittenSinceIsNot) {
  const auto more = vector_of({{origin_a, 9}, {origin_b, 7}, {origin_c, 6}});
  origins.update(durable, more, running);
  EXPECT_EQ(origins.size(), 0U);
  origins.note_unnamed(vector_of({{origin_c, 5}}), durable);
  origins.update(more, more, running);
  EXPECT_EQ(origins.size(), 0U);
}

TEST_F(RetiredOriginsTest, OneThatComesBackIsToldOfAgain) {
  origins.update(durable, durable, running);
  EXPECT_EQ(cursor(vector_of({{origin_a, 9}, {origin_c, 6}})), "{A:9 C:6}");
}

TEST_F(RetiredOriginsTest, CursorsCoverWhatWasCollected) {
  origins.update(durable, durable, running);
  EXPECT_EQ(cursor(durable, vector_of({{origin_c, 2}})), "{A:9 B:7 C:5}");
  EXPECT_EQ(cursor(durable, vector_of({{origin_b, 2}})), "{A:9 B:7}");
}

TEST_F(RetiredOriginsTest, TheLastWalkThroughTheLogIsWhatCounts) {
  origins.update(durable, durable, running);
  origins.note_unnamed({}, durable);
  EXPECT_EQ(cursor(), "{A:9 B:7}") << "until all have that, too";
  origins.update(durable, durable, running);
  EXPECT_EQ(cursor(), "{A:9 B:7 C:5}");
}

TEST_F(RetiredOriginsTest, AreNoneAfterAReset) {
  origins.update(durable, durable, running);
  origins.reset();
  EXPECT_EQ(cursor(), "{A:9 B:7 C:5}");
  origins.note_unnamed(vector_of({{origin_c, 5}}), durable);
  origins.reset();
  origins.update(durable, durable, running);
  EXPECT_EQ(origins.size(), 0U);
}

}  // namespace

}  // namespace anabranch::cluster
