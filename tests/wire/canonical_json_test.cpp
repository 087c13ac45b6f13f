#include "wire/canonical_json.h"

#include "generators.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <sstream>

namespace anabranch::wire {
namespace {

std::string canonical(std::string_view json) {
  auto result = canonicalise(json);
  return result ? *result : "refused: " + result.error().message;
}

bool refuses(std::string_view json) {
  const auto result = canonicalise(json);
  return !result && result.error().code == Errc::malformed;
}

std::string nested(std::size_t depth, std::string_view inner = "") {
  return std::string(depth, '[') + std::string(inner) + std::string(depth, ']');
}

TEST(CanonicalJson, WritesTheSampleOfTheRfc) {
  EXPECT_EQ(canonical(R"({
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    })"),
            "{\"literals\":[null,true,false],"
            "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(CanonicalJson, SortsKeysByUtf16CodeUnitsAsTheRfcDoes) {
  EXPECT_EQ(
      canonical(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})"),
      "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}");
}

TEST(CanonicalJson, WritesNumbersAsTheTableOfTheRfc) {
  const std::pair<std::uint64_t, const char*> table[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, expected] : table) {
    std::string text;
    append_json_number(text, std::bit_cast<double>(bits));
    EXPECT_EQ(text, expected);
    EXPECT_EQ(canonical(text), expected);
  }
}

TEST(CanonicalJson, RoundsNumbersToTheNearestDouble) {
  const std::pair<const char*, const char*> cases[] = {
      {"9007199254740991", "9007199254740991"},
      {"9007199254740993", "9007199254740992"},
      {"9007199254740994", "9007199254740994"},
      {"-9007199254740993", "-9007199254740992"},
      {"12345678901234567890", "12345678901234567000"},
      {"18446744073709551615", "18446744073709552000"},
      {"18446744073709551616", "18446744073709552000"},
      {"-9223372036854775808", "-9223372036854776000"},
      {"123456789012345678901234567890", "1.2345678901234568e+29"},
      {"0.1e1", "1"},
      {"1.0", "1"},
      {"1E2", "100"},
      {"1e+2", "100"},
      {"10e-1", "1"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"-0e99", "0"},
      {"0e999999999999", "0"},
      {"1e-400", "0"},
      {"-1e-400", "0"},
      {"1e-99999999999", "0"},
      {"2.4703282292062328e-324", "5e-324"},
      {"2.2250738585072011e-308", "2.225073858507201e-308"},
      {"2.2250738585072014e-308", "2.2250738585072014e-308"},
      {"1.7976931348623158e308", "1.7976931348623157e+308"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"1e0000000000000000001", "10"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(canonical(text), expected) << text;
}

TEST(CanonicalJson, RefusesNumbersThatNoDoubleHolds) {
  for (const char* text : {"1e400", "-1e400", "[1,[1e309]]", R"({"a":123123e100000})",
                           "1e99999999999", "1.7976931348623159e308", R"({"a":1e400,"a":1})"}) {
    EXPECT_TRUE(refuses(text)) << text;
  }
}

TEST(CanonicalJson, OfDuplicateKeysTheLastWins) {
  EXPECT_EQ(canonical(R"({"a":1,"b":2,"a":{"c":3}})"), R"({"a":{"c":3},"b":2})");
  EXPECT_EQ(canonical(R"({"a":1,"a":2})"), R"({"a":2})");
  EXPECT_EQ(canonical(R"({"a":[1],"\u0061":2,"a":3})"), R"({"a":3})");
  EXPECT_EQ(canonical(R"({"b":{"y":1,"x":{"q":2,"p":3},"y":4},"a":[{"d":1,"c":2}]})"),
            R"({"a":[{"c":2,"d":1}],"b":{"x":{"p":3,"q":2},"y":4}})");
  EXPECT_EQ(canonical(R"({"":1,"a":2,"":3})"), R"({"":3,"a":2})");
}

TEST(CanonicalJson, EscapesOnlyWhatMustBeEscaped) {
  EXPECT_EQ(canonical(R"("\u0000\u0001\b\t\n\u000b\f\r\u001f \u007f\/\"\\\u00e9\ud83d\ude00")"),
            "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \x7f/\\\"\\\\é😀\"");
  std::string text;
  append_json_string(text, std::string_view("a\0b\x1f", 4));
  EXPECT_EQ(text, "\"a\\u0000b\\u001f\"");
}

TEST(CanonicalJson, DropsSpaceAndKeepsEmptyThings) {
  EXPECT_EQ(canonical(" \t\r\n{ \"a\" : [ ] , \"b\" : { } , \"c\" : \"\" } \n"),
            R"({"a":[],"b":{},"c":""})");
  EXPECT_EQ(canonical("[[],[[]],{},[{}]]"), "[[],[[]],{},[{}]]");
  EXPECT_EQ(canonical(R"(["[","{",":",","])"), R"(["[","{",":",","])");
  EXPECT_EQ(canonical(R"({"{":"{","[":"[","":""})"), R"({"":"","[":"[","{":"{"})");
}

TEST(CanonicalJson, TakesAnyKey) {
  EXPECT_EQ(canonical(R"({"constructor":2,"__proto__":{"x":1}})"),
            R"({"__proto__":{"x":1},"constructor":2})");
}

TEST(CanonicalJson, RefusesWhatIsNotJson) {
  const char* bad[] = {
      "",
      " ",
      "{",
      "[",
      "nul",
      "tru",
      "nulls",
      "01",
      "1.",
      "+1",
      ".5",
      "-",
      "1e",
      "1e+",
      "0x1",
      "NaN",
      "Infinity",
      "'a'",
      "\"a",
      "[1,]",
      "[,1]",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{a:1}",
      "[1 2]",
      "1 2",
      "[1]x",
      "[1],",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\t\"",
      "\"a\nb\"",
      "// a\n1",
      "1/**/",
      "\"\\ud800\"",
      "[\"x\\udc00\"]",
      "{\"\\ud800\":1}",
      "\"\\ud800\\u0041\"",
      "\"\\ud800x\"",
      "\"\\udc00\\ud800\"",
      "\"\\ud800\\ud800\\udc00\"",
      "\xef\xbb\xbf"
      "1",
      "\"\xff\"",
      "\"\xc0\x80\"",
      "\"\xed\xa0\x80\"",
      "\"\xf4\x90\x80\x80\"",
      "\"\xe2\x82\"",
      "{\"\xff\":1}",
      "1e99999999999x",
      "[1e99999999999",
      "\"1e99999999999",
  };
  for (const char* text : bad) EXPECT_TRUE(refuses(text)) << text;
  EXPECT_TRUE(refuses(std::string_view("\0", 1)));
  EXPECT_TRUE(refuses(std::string_view("\"\0\"", 3)));
}

TEST(CanonicalJson, NestsAtMost64Deep) {
  EXPECT_EQ(canonical(nested(64)), nested(64));
  EXPECT_EQ(canonical(nested(64, "1")), nested(64, "1"));
  EXPECT_TRUE(refuses(nested(65)));
  EXPECT_TRUE(refuses(nested(100'000)));
  EXPECT_TRUE(refuses(std::string(1 << 20, '[')));
  std::string objects;
  for (int i = 0; i < 63; ++i) objects += "{\"a\":";
  objects += "{}" + std::string(63, '}');
  EXPECT_EQ(canonical(objects), objects);
  EXPECT_TRUE(refuses("{\"a\":" + objects + "}"));
  EXPECT_TRUE(refuses("[{\"a\":" + objects + "}]"));
}

TEST(CanonicalJson, ShortensHugeExponentsOnlyOutsideStrings) {
  EXPECT_EQ(canonical(R"(["1e99999999999","\"1e99999999999",0e99999999999,"e1"])"),
            R"(["1e99999999999","\"1e99999999999",0,"e1"])");
}

TEST(Utf16Order, DiffersFromUtf8OnlyAboveTheSurrogates) {
  EXPECT_TRUE(utf16_less("😀", "\ufb33"));
  EXPECT_FALSE(utf16_less("\ufb33", "😀"));
  EXPECT_TRUE(utf16_less("\U00010000", "\ue000"));
  EXPECT_TRUE(utf16_less("\ud7ff", "\U00010000"));
  EXPECT_TRUE(utf16_less("a", "ab"));
  EXPECT_FALSE(utf16_less("ab", "a"));
  EXPECT_FALSE(utf16_less("a", "a"));
  EXPECT_TRUE(utf16_less("", "a"));
  EXPECT_TRUE(utf16_less("\ue000", "\uffff"));
  EXPECT_TRUE(utf16_less("\U00010000", "\U0010ffff"));
}

RC_GTEST_PROP(CanonicalJson, IsItsOwnCanonicalForm, ()) {
  const std::string once = canonical(*gen::json());
  RC_ASSERT(canonical(once) == once);
}

RC_GTEST_PROP(CanonicalJson, DoesNotDependOnOrderSpaceOrSpelling, ()) {
  const gen::Spelling two = *gen::json_spelt_twice();
  RC_ASSERT(canonical(two.first) == canonical(two.second));
}

RC_GTEST_PROP(CanonicalJson, EveryDoubleSurvives, (std::uint64_t bits)) {
  const double number = std::bit_cast<double>(bits);
  RC_PRE(std::isfinite(number));
  std::string text;
  append_json_number(text, number);
  RC_ASSERT(std::strtod(text.c_str(), nullptr) == number);
  RC_ASSERT(canonical(text) == text);
}

RC_GTEST_PROP(CanonicalJson, ReadsDecimalsAsTheLibraryDoes, ()) {
  const auto mantissa = *rc::gen::arbitrary<std::uint64_t>();
  const auto fraction = *rc::gen::arbitrary<std::uint64_t>();
  const int exponent = *rc::gen::inRange(-345, 290);
  std::ostringstream out;
  out << mantissa << '.' << fraction << 'e' << exponent;
  const std::string text = out.str();
  const double number = std::strtod(text.c_str(), nullptr);
  std::string expected;
  append_json_number(expected, number);
  RC_ASSERT(canonical(text) == expected);
}

RC_GTEST_PROP(CanonicalJson, DamagedTextIsRefusedOrCanonicalised, ()) {
  const auto result = canonicalise(*gen::damaged(*gen::json()));
  if (result) RC_ASSERT(canonical(*result) == *result);
}

}  // namespace
}  // namespace anabranch::wire
