#include "crdt/canonical_walk.h"

#include "histories.h"
#include "naive_json.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace anabranch::crdt::testing {
namespace {

namespace json = boost::json;

std::string key_of(const Segments& path) {
  return path.empty() ? "" : std::string(path_of(path).key());
}

RC_GTEST_PROP(CanonicalWalk, SeesWhatAParserSees, ()) {
  const std::string text = *any_value();
  const json::value value = json::parse(text);
  switch (kind_of_canonical(text)) {
    case CanonicalKind::object: {
      const auto members = members_of(text);
      RC_ASSERT(members.size() == value.as_object().size());
      for (const auto& [key, member] : members) {
        const std::string name(json::parse(key).as_string());
        RC_ASSERT(member == canonical_text(value.as_object().at(name)));
      }
      break;
    }
    case CanonicalKind::array: {
      const auto elements = elements_of(text);
      RC_ASSERT(elements.size() == value.as_array().size());
      for (std::size_t i = 0; i < elements.size(); ++i) {
        RC_ASSERT(elements[i] == canonical_text(value.as_array()[i]));
      }
      break;
    }
    case CanonicalKind::scalar:
      RC_ASSERT(!value.is_structured());
      break;
  }
}

RC_GTEST_PROP(CanonicalWalk, MembersComeInTheOrderOfTheirKeys, ()) {
  const std::string text = *any_value();
  if (kind_of_canonical(text) != CanonicalKind::object) return;
  const auto members = members_of(text);
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = 0; j < members.size(); ++j) {
      RC_ASSERT(CanonicalKeyLess{}(members[i].first, members[j].first) == (i < j));
    }
  }
}

RC_GTEST_PROP(CanonicalWalk, FindsWhatLiesAtAPathInTheParsedValue, ()) {
  const std::string text = *any_value();
  const Segments path = *rc::gen::oneOf(any_path(), rc::gen::just(Segments{}));
  const json::value value = json::parse(text);
  const json::value* expected = look_up(value, path);
  const auto found = find_in_canonical(text, key_of(path));
  RC_ASSERT(found.has_value() == (expected != nullptr));
  if (expected) RC_ASSERT(*found == canonical_text(*expected));
}

RC_GTEST_PROP(CanonicalWalk, QuotesASegmentAsTheCanonicalEncodingDoes, ()) {
  const std::string segment = *any_segment();
  RC_ASSERT(quoted_key(segment) == canonical_text(json::value(segment)));
}

TEST(CanonicalWalk, IsNotMisledByBracketsAndQuotesInStrings) {
  const std::string text = R"({"a\"]":"}","b\\":["\\\"",",","[{"],"c":{"":"]"}})";
  const auto members = members_of(text);
  ASSERT_EQ(members.size(), 3);
  EXPECT_EQ(members[0].first, R"("a\"]")");
  EXPECT_EQ(members[0].second, R"("}")");
  EXPECT_EQ(members[1].first, R"("b\\")");
  EXPECT_EQ(members[2].second, R"({"":"]"})");
  const auto elements = elements_of(members[1].second);
  ASSERT_EQ(elements.size(), 3);
  EXPECT_EQ(elements[0], R"("\\\"")");
  EXPECT_EQ(elements[1], R"(",")");
  EXPECT_EQ(elements[2], R"("[{")");
}

TEST(CanonicalWalk, KnowsEmptyAndNestedContainers) {
  EXPECT_TRUE(members_of("{}").empty());
  EXPECT_TRUE(elements_of("[]").empty());
  EXPECT_EQ(elements_of("[[],{},[[]]]").size(), 3);
  EXPECT_EQ(elements_of("[[],{},[[]]]")[2], "[[]]");
}

TEST(CanonicalWalk, PassesNumbersOnUntouched) {
  const auto elements = elements_of("[1e+21,-0.5,5e-324,true,false,null]");
  ASSERT_EQ(elements.size(), 6);
  EXPECT_EQ(elements[0], "1e+21");
  EXPECT_EQ(elements[2], "5e-324");
  EXPECT_EQ(kind_of_canonical("-0.5"), CanonicalKind::scalar);
  EXPECT_EQ(kind_of_canonical("\"[\""), CanonicalKind::scalar);
}

TEST(CanonicalWalk, FindsElementsByCanonicalIndexOnly) {
  const std::string text = R"({"list":[10,11],"map":{"0":"zero","01":"one"}})";
  EXPECT_EQ(find_in_canonical(text, key_of({"list", "1"})), "11");
  EXPECT_FALSE(find_in_canonical(text, key_of({"list", "2"})));
  EXPECT_FALSE(find_in_canonical(text, key_of({"list", "01"})));
  EXPECT_FALSE(find_in_canonical(text, key_of({"list", "x"})));
  EXPECT_FALSE(find_in_canonical(text, key_of({"list", "18446744073709551616"})));
  EXPECT_FALSE(find_in_canonical(text, key_of({"list", "0", "x"})));
  EXPECT_EQ(find_in_canonical(text, key_of({"map", "0"})), R"("zero")");
  EXPECT_EQ(find_in_canonical(text, key_of({"map", "01"})), R"("one")");
}

TEST(CanonicalWalk, TreatsNullAsSomething) {
  EXPECT_EQ(find_in_canonical(R"({"a":null})", key_of({"a"})), "null");
}

TEST(CanonicalKeyLess, OrdersByUtf16CodeUnitsOfTheUnescapedKeys) {
  const std::vector<std::string> ascending = {
      R"("")",      R"("\u0000")", R"("\b")",        R"("\t")",        R"("\n")",    R"("\f")",
      R"("\r")",    R"("\u000e")", R"("\u001f")",    R"(" ")",         R"("!")",     R"("\"")",
      R"("\"a")",   R"("#")",      R"("1")",         R"("10")",        R"("\\")",    R"("]")",
      R"("a")",     R"("a ")",     R"("a!")",        R"("a\"")",       R"("aa")",    "\"\u0080\"",
      "\"\u20ac\"", "\"\ud7ff\"",  "\"\U0001f600\"", "\"\U0001f601\"", "\"\ue000\"", "\"\ufb33\""};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(CanonicalKeyLess{}(ascending[i], ascending[j]), i < j)
          << ascending[i] << " and " << ascending[j];
    }
  }
}

}  // namespace
}  // namespace anabranch::crdt::testing
