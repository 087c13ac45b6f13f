#include "crdt/document.h"

#include "histories.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace anabranch::crdt::testing {
namespace {

Path path(const char* text) { return Path::parse(text).value(); }

Payload value(std::string text) { return {RecordKind::value, Value(std::move(text))}; }

Payload tombstone() { return {RecordKind::tombstone, {}}; }

Record record(std::uint64_t version, Payload payload, Dot dot = {{1}, 1}) {
  return {{version, 0, "t"}, dot, false, std::move(payload)};
}

TEST(Document, IsEmptyAtFirst) {
  const Document document;
  EXPECT_EQ(document.version(), 0);
  EXPECT_EQ(document.value_count(), 0);
  EXPECT_EQ(document.value_bytes(), 0);
  EXPECT_EQ(document.tombstone_count(), 0);
  EXPECT_EQ(document.find(path("a")), nullptr);
}

TEST(Document, AWriteHidesOlderOnesAtItsPathAndBelow) {
  Document document;
  document.merge(path("a.b"), record(1, value("1")));
  document.merge(path("a.b.c"), record(2, value("2")));
  document.merge(path("ab"), record(1, value("3")));
  const auto merged = document.merge(path("a"), record(3, value("{}")));
  EXPECT_EQ(merged.verdict, Verdict::wins);
  EXPECT_TRUE(merged.stored);
  ASSERT_EQ(merged.removed.size(), 2);
  EXPECT_EQ(merged.removed[0].first, path("a.b"));
  EXPECT_EQ(merged.removed[1].first, path("a.b.c"));
  EXPECT_EQ(document.records().size(), 2);
}

TEST(Document, AnOlderWriteLosesAtAndBelowANewer) {
  Document document;
  document.merge(path("a"), record(3, tombstone()));
  for (const char* text : {"a", "a.b", "a.b.c"}) {
    const auto merged = document.merge(path(text), record(2, value("1")));
    EXPECT_EQ(merged.verdict, Verdict::loses) << text;
    EXPECT_FALSE(merged.stored);
    EXPECT_FALSE(merged.replaced);
    EXPECT_TRUE(merged.removed.empty());
  }
  EXPECT_EQ(document.records().size(), 1);
}

TEST(Document, AnOlderParentGoesUnderANewerChild) {
  Document document;
  document.merge(path("a.b"), record(3, value("1")));
  const auto merged = document.merge(path("a"), record(2, tombstone()));
  EXPECT_EQ(merged.verdict, Verdict::wins);
  EXPECT_TRUE(merged.removed.empty());
  EXPECT_EQ(document.records().size(), 2);
}

TEST(Document, EqualStampsAtAPathAndBelowItBothStandInEitherOrder) {
  for (const bool parent_first : {true, false}) {
    Document document;
    const auto put = [&](const char* text) {
      EXPECT_EQ(document.merge(path(text), record(2, value("{}"))).verdict, Verdict::wins);
    };
    put(parent_first ? "a" : "a.b");
    put(parent_first ? "a.b" : "a");
    EXPECT_EQ(document.records().size(), 2);
  }
}

TEST(Document, EqualStampsAtAPathAreOrderedByContent) {
  Document document;
  EXPECT_EQ(document.merge(path("a"), record(1, tombstone())).verdict, Verdict::wins);
  EXPECT_EQ(document.merge(path("a"), record(1, value("1"))).verdict, Verdict::wins);
  EXPECT_EQ(document.merge(path("a"), record(1, tombstone())).verdict, Verdict::loses);
  EXPECT_EQ(document.merge(path("a"), record(1, value("10"))).verdict, Verdict::wins);
  EXPECT_EQ(document.merge(path("a"), record(1, value("2"))).verdict, Verdict::wins);
  EXPECT_EQ(document.merge(path("a"), record(1, value("10"))).verdict, Verdict::loses);
}

TEST(Document, OfEqualWritesTheLowerDotStands) {
  Document document;
  document.merge(path("a"), record(1, value("1"), {{5}, 9}));

  const auto higher = document.merge(path("a"), record(1, value("1"), {{6}, 1}));
  EXPECT_EQ(higher.verdict, Verdict::repeated);
  EXPECT_FALSE(higher.stored);
  EXPECT_FALSE(higher.replaced);

  const auto same = document.merge(path("a"), record(1, value("1"), {{5}, 9}));
  EXPECT_EQ(same.verdict, Verdict::repeated);
  EXPECT_FALSE(same.stored);

  const auto lower = document.merge(path("a"), record(1, value("1"), {{4}, 20}));
  EXPECT_EQ(lower.verdict, Verdict::repeated);
  EXPECT_TRUE(lower.stored);
  ASSERT_TRUE(lower.replaced);
  EXPECT_EQ(lower.replaced->dot, (Dot{{5}, 9}));
  EXPECT_EQ(document.find(path("a"))->dot, (Dot{{4}, 20}));
}

TEST(Document, ARepeatedParentRemovesNothingBelowIt) {
  Document document;
  document.merge(path("a"), record(2, value("{}"), {{5}, 1}));
  document.merge(path("a.b"), record(2, value("1"), {{5}, 1}));
  document.merge(path("a"), record(2, value("{}"), {{4}, 1}));
  EXPECT_NE(document.find(path("a.b")), nullptr);
}

TEST(Document, CountsPathsAndBytesOfValuesAlone) {
  Document document;
  document.merge(path("a"), record(1, value("\"12345\"")));
  document.merge(path("b"), record(1, tombstone()));
  document.merge(path("c"), record(1, {RecordKind{7}, Value("opaque")}));
  EXPECT_EQ(document.value_count(), 1);
  EXPECT_EQ(document.value_bytes(), path("a").key().size() + 7);
  EXPECT_EQ(document.tombstone_count(), 2);

  document.merge(path("a"), record(2, tombstone()));
  EXPECT_EQ(document.value_count(), 0);
  EXPECT_EQ(document.value_bytes(), 0);
  EXPECT_EQ(document.tombstone_count(), 3);
}

TEST(Document, ItsVersionNeverFalls) {
  Document document;
  document.merge(path("a.b"), record(9, value("1")));
  document.merge(path("a"), record(3, value("1")));
  EXPECT_EQ(document.version(), 9);
  document.merge(path("a"), record(10, tombstone()));
  EXPECT_EQ(document.version(), 10);
  EXPECT_EQ(document.records().size(), 1);
}

TEST(Document, KeepsAndOrdersKindsItDoesNotKnow) {
  Document document;
  document.merge(path("a.b"), record(1, value("1")));
  EXPECT_EQ(document.merge(path("a"), record(2, {RecordKind{9}, Value("\x01")})).verdict,
            Verdict::wins);
  EXPECT_EQ(document.records().size(), 1);
  EXPECT_EQ(document.merge(path("a"), record(2, value("1"))).verdict, Verdict::loses);
  EXPECT_EQ(document.merge(path("a.c"), record(1, value("1"))).verdict, Verdict::loses);
  EXPECT_EQ(document.find(path("a"))->payload, (Payload{RecordKind{9}, Value("\x01")}));
}

TEST(Document, AncestorValuesHoldWhatAPathReachesInThem) {
  Document document;
  document.merge(path("a"), record(1, value(R"({"b":{"c":null},"l":[1]})")));
  document.merge(path("t"), record(1, tombstone()));
  document.merge(path("n"), record(1, {RecordKind{9}, Value(R"({"b":1})")}));
  document.merge(path("a.b"), record(2, value("{}")));  // its parent's value still holds a.b.c
  for (const char* held : {"a.b", "a.b.c", "a.l.0"}) {
    EXPECT_TRUE(document.ancestor_value_holds(path(held))) << held;
  }
  for (const char* not_held : {"a", "a.c", "a.b.d", "a.b.c.d", "a.l.1", "t.b", "n.b", "z"}) {
    EXPECT_FALSE(document.ancestor_value_holds(path(not_held))) << not_held;
  }
}

TEST(DocumentDrop, TakesARecordOutThatNothingHasWonOver) {
  Document document;
  document.merge(path("a"), record(1, value("\"12345\"")));
  document.merge(path("t"), record(2, tombstone()));
  EXPECT_FALSE(document.drop(path("z")));
  EXPECT_TRUE(document.drop(path("t")));
  EXPECT_EQ(document.tombstone_count(), 0);
  EXPECT_TRUE(document.drop(path("a")));
  EXPECT_EQ(document.value_count(), 0);
  EXPECT_EQ(document.value_bytes(), 0);
  EXPECT_EQ(document.record_count(), 0);
  EXPECT_EQ(document.version(), 2) << "that never falls";
}

TEST(DocumentDrop, LeavesWhatStandsBelowUnderTheSameStamp) {
  Document document;
  document.merge(path("a"), record(1, tombstone()));
  document.merge(path("a.b"), record(1, value("1")));
  document.drop(path("a"));
  EXPECT_NE(document.find(path("a.b")), nullptr);
}

TEST(Document, IsClearWhereNothingStandsAtAPathAboveItOrBelow) {
  Document document;
  EXPECT_TRUE(document.is_clear(path("a")));
  document.merge(path("a.b.c"), record(1, value("1")));
  document.merge(path("t"), record(1, tombstone()));
  for (const char* taken : {"a", "a.b", "a.b.c", "a.b.c.d", "t", "t.u"}) {
    EXPECT_FALSE(document.is_clear(path(taken))) << taken;
  }
  for (const char* clear : {"a.c", "a.b.d", "a.b.cc", "ab", "b", "tt"}) {
    EXPECT_TRUE(document.is_clear(path(clear))) << clear;
  }
}

}  // namespace
}  // namespace anabranch::crdt::testing
