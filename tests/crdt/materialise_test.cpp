#include "crdt/materialise.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::crdt {
namespace {

/// One write; nothing as value deletes.
struct Step {
  const char* path;
  std::optional<std::string> value;
};

/// What an example's writes, each newer than the one before, add up to.
struct Example {
  const char* name;
  std::vector<Step> steps;
  const char* state;
};

Document document_of(const std::vector<Step>& steps) {
  Document document;
  std::uint64_t version = 0;
  for (const auto& [path, value] : steps) {
    Payload payload{RecordKind::tombstone, {}};
    if (value) payload = {RecordKind::value, Value(*value)};
    ++version;
    document.merge(Path::parse(path).value(),
                   {{version, 0, "t"}, {{1}, version}, false, std::move(payload)});
  }
  return document;
}

class MaterialiseExamples : public ::testing::TestWithParam<Example> {};

TEST_P(MaterialiseExamples, GiveTheState) {
  EXPECT_EQ(materialise(document_of(GetParam().steps)), GetParam().state);
}

std::string name_of(const ::testing::TestParamInfo<Example>& info) { return info.param.name; }

constexpr auto deleted = std::nullopt;

INSTANTIATE_TEST_SUITE_P(
    Objects, MaterialiseExamples,
    ::testing::Values(
        Example{"NothingIsTheEmptyObject", {}, "{}"},
        Example{"APathMakesItsParents", {{"a.b.c", "1"}}, R"({"a":{"b":{"c":1}}})"},
        Example{"AnIndexAtTheRootIsAKey", {{"0", "1"}}, R"({"0":1})"},
        Example{"AnIndexWhereNothingStandsIsAKey", {{"a.0", "1"}}, R"({"a":{"0":1}})"},
        Example{"AChildStandsOnItsParentsValue",
                {{"a", R"({"b":1,"c":2})"}, {"a.b", "3"}},
                R"({"a":{"b":3,"c":2}})"},
        Example{"AParentHidesWhatIsOlderBelowIt",
                {{"a.b", "3"}, {"a", R"({"c":2})"}},
                R"({"a":{"c":2}})"},
        Example{"AWriteBelowAScalarReplacesIt", {{"a", "5"}, {"a.b", "1"}}, R"({"a":{"b":1}})"},
        Example{"AWriteBelowNullReplacesIt", {{"a", "null"}, {"a.b", "1"}}, R"({"a":{"b":1}})"},
        Example{"AnIndexBelowAScalarMakesAnObject", {{"a", "5"}, {"a.0", "1"}}, R"({"a":{"0":1}})"},
        Example{"AnIndexBelowAStringIsNoCharacter",
                {{"a", R"("[5]")"}, {"a.0", "1"}},
                R"({"a":{"0":1}})"},
        Example{"NullIsAValue", {{"a", "null"}}, R"({"a":null})"},
        Example{"KeysWithDotsQuotesAndBackslashes",
                {{R"(a\.b.\\.")", "1"}},
                R"({"a.b":{"\\":{"\"":1}}})"},
        Example{"AnEscapedKeyMeetsThatOfAValue",
                {{"a", R"({"\"":1,"\\":2,"x.y":3})"},
                 {R"(a.")", "4"},
                 {R"(a.\\)", "5"},
                 {R"(a.x\.y)", "6"}},
                R"({"a":{"\"":4,"\\":5,"x.y":6}})"},
        Example{"KeysComeInCanonicalOrder",
                {{"b", "1"},
                 {"a b", "2"},
                 {"a", "3"},
                 {"\uff5e", "4"},
                 {"\U0001f600", "5"},
                 {"10", "6"},
                 {"9", "7"}},
                "{\"10\":6,\"9\":7,\"a\":3,\"a b\":2,\"b\":1,\"\U0001f600\":5,\"\uff5e\":4}"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Deletes, MaterialiseExamples,
    ::testing::Values(
        Example{"OfARecord", {{"a", "1"}, {"b", "2"}, {"a", deleted}}, R"({"b":2})"},
        Example{
            "OfAKeyInAValue", {{"a", R"({"b":1,"c":2})"}, {"a.b", deleted}}, R"({"a":{"c":2}})"},
        Example{
            "LeaveTheEmptyParentOfAValue", {{"a", R"({"b":1})"}, {"a.b", deleted}}, R"({"a":{}})"},
        Example{"LeaveNoParentWhereARecordMadeIt", {{"a.b", "1"}, {"a.b", deleted}}, "{}"},
        Example{"OfWhatIsNotThereDoNothing", {{"a.b.c", deleted}}, "{}"},
        Example{"MakeNoParents", {{"a", R"({"x":1})"}, {"a.b.c", deleted}}, R"({"a":{"x":1}})"},
        Example{"BelowAScalarDoNothing", {{"a", "5"}, {"a.b", deleted}}, R"({"a":5})"},
        Example{
            "ByIndexBelowAScalarDoNothing", {{"a", R"("s")"}, {"a.0", deleted}}, R"({"a":"s"})"},
        // Another node has collected it already and must show the same bytes.
        Example{"OfWhatIsNotThereMoveNoKey",
                {{"a", "{\"a\":1,\"a b\":2,\"\U0001f600\":3,\"\uff5e\":4}"}, {"a.x", deleted}},
                "{\"a\":{\"a\":1,\"a b\":2,\"\U0001f600\":3,\"\uff5e\":4}}"},
        Example{
            "StayBelowANewerParent", {{"a.b", deleted}, {"a", R"({"b":1})"}}, R"({"a":{"b":1}})"},
        Example{"HideOlderWritesBelowThem", {{"a.b.c", "1"}, {"a", deleted}}, "{}"},
        Example{"LetANewerWriteBelowThemStand",
                {{"a", R"({"b":1,"c":2})"}, {"a", deleted}, {"a.b", "3"}},
                R"({"a":{"b":3}})"},
        Example{"OfAParentsKeyLetANewerWriteBelowThemStand",
                {{"a", R"({"b":{"x":1},"c":2})"}, {"a.b", deleted}, {"a.b.y", "3"}},
                R"({"a":{"b":{"y":3},"c":2}})"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    ArrayWrites, MaterialiseExamples,
    ::testing::Values(
        Example{"AddressAnElement", {{"a", "[1,2,3]"}, {"a.1", "9"}}, R"({"a":[1,9,3]})"},
        Example{"ReachIntoAnElement",
                {{"a", R"([{"x":1},{"x":2}])"}, {"a.1.y", "3"}},
                R"({"a":[{"x":1},{"x":2,"y":3}]})"},
        Example{"ReachThroughNestedArrays",
                {{"a", "[[1,2],[3]]"}, {"a.0.1", "9"}, {"a.1.1", "4"}},
                R"({"a":[[1,9],[3,4]]})"},
        Example{"AppendAtTheLength", {{"a", "[1,2]"}, {"a.2", "3"}}, R"({"a":[1,2,3]})"},
        Example{"AppendToTheEmptyArray", {{"a", "[]"}, {"a.0", "1"}}, R"({"a":[1]})"},
        Example{
            "AppendOneAfterTheOther", {{"a", "[]"}, {"a.1", "2"}, {"a.0", "1"}}, R"({"a":[1,2]})"},
        Example{"AppendByNumberNotByBytes",
                {{"a", "[0,1,2,3,4,5,6,7,8]"}, {"a.10", "10"}, {"a.9", "9"}},
                R"({"a":[0,1,2,3,4,5,6,7,8,9,10]})"},
        Example{"AppendAnElementByAPathBelowIt",
                {{"a", "[1]"}, {"a.1.x.y", "2"}},
                R"({"a":[1,{"x":{"y":2}}]})"},
        Example{"AppendAnObjectWhereAnIndexIsBelowTheNewElement",
                {{"a", "[1]"}, {"a.1.0", "2"}},
                R"({"a":[1,{"0":2}]})"},
        Example{"BeyondTheLengthMakeAnObject", {{"a", "[1,2]"}, {"a.3", "4"}}, R"({"a":{"3":4}})"},
        Example{"BeyondEveryNumberMakeAnObject",
                {{"a", "[1]"}, {"a.18446744073709551616", "2"}},
                R"({"a":{"18446744073709551616":2}})"},
        Example{"AtTheGreatestNumberMakeAnObject",
                {{"a", "[]"}, {"a.18446744073709551615", "2"}},
                R"({"a":{"18446744073709551615":2}})"},
        Example{"ByNameMakeAnObject", {{"a", "[1,2]"}, {"a.x", "3"}}, R"({"a":{"x":3}})"},
        Example{"ByAnIndexWithALeadingZeroMakeAnObject",
                {{"a", "[1,2]"}, {"a.01", "3"}},
                R"({"a":{"01":3}})"},
        Example{"ByNameDropElementsLaidByIndex",
                {{"a", "[1]"}, {"a.0", "8"}, {"a.1", "9"}, {"a.x", "3"}},
                R"({"a":{"x":3}})"},
        Example{"OfANewerArrayReplaceTheElements",
                {{"a", "[1,2]"}, {"a.0", "9"}, {"a", "[3]"}},
                R"({"a":[3]})"},
        Example{"OnAnObjectThatReplacedTheArrayAreKeys",
                {{"a", "[1,2]"}, {"a", R"({"x":1})"}, {"a.0", "9"}},
                R"({"a":{"0":9,"x":1}})"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    ArrayDeletes, MaterialiseExamples,
    ::testing::Values(
        Example{"InsideReadAsNull", {{"a", "[1,2,3]"}, {"a.1", deleted}}, R"({"a":[1,null,3]})"},
        Example{"AtTheEndAreCut", {{"a", "[1,2,3]"}, {"a.2", deleted}}, R"({"a":[1,2]})"},
        Example{"OfSeveralAtTheEndAreCut",
                {{"a", "[1,2,3]"}, {"a.1", deleted}, {"a.2", deleted}},
                R"({"a":[1]})"},
        Example{"OfAllLeaveTheEmptyArray",
                {{"a", "[1,2]"}, {"a.0", deleted}, {"a.1", deleted}},
                R"({"a":[]})"},
        Example{"AtTheLengthDoNothing", {{"a", "[1,2]"}, {"a.2", deleted}}, R"({"a":[1,2]})"},
        Example{"ByNameDoNothing", {{"a", "[1,2]"}, {"a.x", deleted}}, R"({"a":[1,2]})"},
        Example{"ByAnIndexWithALeadingZeroDoNothing",
                {{"a", "[1,2]"}, {"a.01", deleted}},
                R"({"a":[1,2]})"},
        Example{"BeyondEveryNumberDoNothing",
                {{"a", "[1]"}, {"a.18446744073709551616", deleted}},
                R"({"a":[1]})"},
        Example{"LeaveTheLengthForLaterAppends",
                {{"a", "[1,2]"}, {"a.1", deleted}, {"a.2", "3"}},
                R"({"a":[1,null,3]})"},
        Example{"AppendsAndDeletesGoByPathNotByTime",
                {{"a", "[1,2]"}, {"a.2", "3"}, {"a.1", deleted}},
                R"({"a":[1,null,3]})"},
        Example{"OfAnAppendedElementCutItAgain",
                {{"a", "[1]"}, {"a.1", "2"}, {"a.1", deleted}},
                R"({"a":[1]})"},
        Example{"OfTheLastAppendedLeaveAGapBeforeTheNext",
                {{"a", "[1]"}, {"a.1", "2"}, {"a.2", "3"}, {"a.1", deleted}},
                R"({"a":{"2":3}})"},
        Example{"LetAWriteBelowTheHoleMakeAnObject",
                {{"a", "[1,2,3]"}, {"a.1", deleted}, {"a.1.x", "9"}},
                R"({"a":[1,{"x":9},3]})"},
        Example{"LetAWriteBelowTheLastHoleKeepIt",
                {{"a", "[1,2]"}, {"a.1", deleted}, {"a.1.x", "9"}},
                R"({"a":[1,{"x":9}]})"},
        Example{"BelowAHoleDoNothing",
                {{"a", R"([1,{"x":1},3])"}, {"a.1", deleted}, {"a.1.x", deleted}},
                R"({"a":[1,null,3]})"},
        Example{"OfAnElementsKeyLeaveTheElement",
                {{"a", R"([{"x":1}])"}, {"a.0.x", deleted}},
                R"({"a":[{}]})"},
        Example{"InNestedArraysCutEachOnItsOwn",
                {{"a", "[[1,2],[3]]"}, {"a.0.1", deleted}, {"a.1.0", deleted}},
                R"({"a":[[1],[]]})"},
        Example{"OfANullAtTheEndCutNoOtherNull",
                {{"a", "[1,null,null]"}, {"a.2", deleted}},
                R"({"a":[1,null]})"},
        Example{"AreForgottenWhenTheArrayIsWritten",
                {{"a", "[1,2,3]"}, {"a.1", deleted}, {"a", "[1,3]"}},
                R"({"a":[1,3]})"},
        Example{"OfTheArrayAndALaterIndexMakeAnObject",
                {{"a", "[1,2]"}, {"a", deleted}, {"a.0", "9"}},
                R"({"a":{"0":9}})"}),
    name_of);

TEST(MaterialiseAt, GivesThePartThatAPathHolds) {
  const Document document = document_of({{"a", R"({"list":[1,{"x":2}],"q\"":3})"}, {"b.c", "4"}});
  const auto at = [&](const char* path) {
    return materialise_at(document, Path::parse(path).value());
  };
  EXPECT_EQ(at("b"), R"({"c":4})");
  EXPECT_EQ(at("a.list.1"), R"({"x":2})");
  EXPECT_EQ(at("a.list.1.x"), "2");
  EXPECT_EQ(at("a.q\""), "3");
  EXPECT_FALSE(at("a.list.2"));
  EXPECT_FALSE(at("a.list.length"));
  EXPECT_FALSE(at("b.c.d"));
  EXPECT_FALSE(at("c"));
}

TEST(MaterialiseAt, ReachesTheDeepestValueAtTheDeepestPath) {
  std::string path = "a";
  for (int i = 1; i < 32; ++i) path += ".a";
  const std::string value = std::string(64, '[') + std::string(64, ']');
  const Document document = document_of({{path.c_str(), value}, {"a.b", "1"}});
  EXPECT_EQ(materialise_at(document, Path::parse(path).value()), value);
}

}  // namespace
}  // namespace anabranch::crdt
