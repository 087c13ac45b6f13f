#include "crdt/record.h"

#include <gtest/gtest.h>

#include <vector>

namespace anabranch::crdt {
namespace {

Payload value(std::string text) { return {RecordKind::value, Value(std::move(text))}; }

TEST(PayloadOrder, HasADeleteLowestThenKindThenBytes) {
  const std::vector<Payload> ascending = {
      {RecordKind::tombstone, {}},
      value("\"a\""),
      value("\"aa\""),
      value("\"\u00e9\""),
      value("1"),
      value("10"),
      value("2"),
      value("{}"),
      {RecordKind{2}, {}},
      {RecordKind{2}, Value("x")},
      {RecordKind{2}, Value("\xff")},
      {RecordKind{255}, {}},
  };
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_TRUE(compare(ascending[i], ascending[j]) == (i <=> j)) << i << " and " << j;
      EXPECT_EQ(ascending[i] == ascending[j], i == j);
    }
  }
}

TEST(StampOrder, IsByVersionThenTimeThenTheTabsBytes) {
  const std::vector<Stamp> ascending = {
      {1, -5, "z"}, {1, 0, "b"},   {1, 9, "a"},           {1, 10, ""},       {1, 10, "B"},
      {1, 10, "a"}, {1, 10, "aa"}, {1, 10, "b"},          {1, 10, "\u00e9"}, {2, 0, "a"},
      {9, 0, "a"},  {10, -1, "a"}, {max_version, 0, "a"},
  };
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_TRUE((ascending[i] <=> ascending[j]) == (i <=> j)) << i << " and " << j;
    }
  }
}

TEST(Value, IsEqualByText) {
  EXPECT_EQ(Value("1"), Value("1"));
  EXPECT_FALSE(Value("1") == Value("2"));
  EXPECT_EQ(Value(), Value(""));
  const Value shared("\"x\"");
  EXPECT_EQ(Value(shared).text().data(), shared.text().data());
}

}  // namespace
}  // namespace anabranch::crdt
