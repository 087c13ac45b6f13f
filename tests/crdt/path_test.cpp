#include "crdt/path.h"

#include "segments.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace anabranch::crdt::testing {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

bool is_path(std::string_view text) { return Path::parse(text).has_value(); }

std::string why_not(std::string_view text) {
  const auto path = Path::parse(text);
  if (path) return "it is one";
  EXPECT_EQ(path.error().code, Errc::malformed);
  return path.error().message;
}

std::vector<Segment> segments_of(const Path& path) {
  std::vector<Segment> segments;
  for (std::string_view rest = path.key(); !rest.empty();) segments.push_back(take_segment(rest));
  return segments;
}

TEST(PathParse, SplitsAtDotsAndUnescapes) {
  const Path path = Path::parse(R"(a.b\.c.\\.0.01)").value();
  const auto segments = segments_of(path);
  ASSERT_EQ(segments.size(), 5);
  EXPECT_EQ(segments[0].text, "a");
  EXPECT_EQ(segments[1].text, "b.c");
  EXPECT_EQ(segments[2].text, "\\");
  EXPECT_EQ(segments[3].text, "0");
  EXPECT_EQ(segments[4].text, "01");
}

TEST(PathParse, TellsCanonicalIndicesFromNames) {
  for (const char* text : {"0", "1", "9", "10", "4294967296", "99999999999999999999999999"}) {
    EXPECT_TRUE(segments_of(Path::parse(text).value())[0].is_index) << text;
  }
  for (const char* text :
       {"00", "01", "-1", "+1", "1e3", "1 ", " 1", "1\\.0", "x", "0x1", "\u0661"}) {
    EXPECT_FALSE(segments_of(Path::parse(text).value())[0].is_index) << text;
  }
  EXPECT_TRUE(segments_of(Path::parse(std::string(256, '9')).value())[0].is_index);
}

TEST(PathParse, RefusesEmptySegments) {
  for (const char* text : {"", ".", "..", ".a", "a.", "a..b"}) EXPECT_FALSE(is_path(text)) << text;
  EXPECT_EQ(why_not("a."), "path: a segment is empty");
}

TEST(PathParse, TakesBackslashesBeforeDotsAndBackslashesOnly) {
  for (const char* text : {R"(\.)", R"(\\)", R"(\\\.)", R"(a\.b)", R"(a\\.b)", R"(\.\.)"}) {
    EXPECT_TRUE(is_path(text)) << text;
  }
  for (const char* text :
       {R"(\)", R"(a\)", R"(\a)", R"(a\n)", R"(a\u002e)", R"(a\\\)", R"(a\"b)", R"(a\ .b)"}) {
    EXPECT_FALSE(is_path(text)) << text;
  }
  EXPECT_EQ(why_not("a\\b"), "path: a backslash may only stand before a dot or a backslash");
}

TEST(PathParse, TakesUpTo32Segments) {
  EXPECT_TRUE(is_path(std::string("a") + repeated(".a", 31)));
  EXPECT_FALSE(is_path(std::string("a") + repeated(".a", 32)));
  EXPECT_EQ(why_not(std::string("a") + repeated(".a", 32)), "path: has more than 32 segments");
}

TEST(PathParse, TakesSegmentsOfUpTo256Bytes) {
  EXPECT_TRUE(is_path(std::string(256, 'a')));
  EXPECT_FALSE(is_path(std::string(257, 'a')));
  EXPECT_TRUE(is_path(std::string(256, '1')));
  EXPECT_FALSE(is_path(std::string(257, '1')));
  EXPECT_TRUE(is_path(std::string("x.") + std::string(256, 'a') + ".x"));
  EXPECT_FALSE(is_path(std::string("x.") + std::string(257, 'a') + ".x"));
  EXPECT_TRUE(is_path(repeated("\u00e9", 128)));
  EXPECT_FALSE(is_path(repeated("\u00e9", 128) + "a")) << "bytes count, not characters";
  EXPECT_EQ(why_not(std::string(257, 'a')), "path: a segment is longer than 256 bytes");
}

TEST(PathParse, MeasuresASegmentUnescaped) {
  EXPECT_TRUE(is_path(repeated("\\.", 256)));
  EXPECT_FALSE(is_path(repeated("\\.", 257)));
  EXPECT_TRUE(is_path(repeated("\\\\", 256)));
  EXPECT_FALSE(is_path(repeated("\\\\", 257)));
}

TEST(PathParse, TakesUpTo1024BytesAsSent) {
  const std::string longest = repeated(std::string(255, 'a') + ".", 3) + std::string(256, 'a');
  ASSERT_EQ(longest.size(), 1024);
  EXPECT_TRUE(is_path(longest));
  // One byte more, with every segment within its own bound.
  EXPECT_FALSE(is_path(std::string("a.") + longest.substr(1)));
  // Escapes count here: two segments of 256 bytes each, but 1,025 and 1,023 bytes as sent.
  const std::string escaped = repeated("\\.", 256);
  EXPECT_FALSE(is_path(escaped + "." + escaped));
  EXPECT_TRUE(is_path(escaped + "." + repeated("\\.", 255)));
  EXPECT_EQ(why_not(std::string("a.") + longest.substr(1)), "path: is longer than 1024 bytes");
}

TEST(PathParse, RefusesControlCharacters) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text = {'a', static_cast<char>(byte), 'b'};
    if (byte == '\\') continue;
    EXPECT_EQ(is_path(text), byte >= 0x20 && byte != 0x7f) << byte;
  }
  EXPECT_TRUE(is_path("\u0080"));
  EXPECT_EQ(why_not("a\nb"), "path: a segment holds a control character");
}

TEST(PathParse, RefusesWhatIsNotUtf8) {
  EXPECT_FALSE(is_path("a\xff"));
  EXPECT_FALSE(is_path("\xed\xa0\x80"));
  EXPECT_FALSE(is_path("\xc3.a")) << "a segment that ends within a character";
  EXPECT_TRUE(is_path("\U0001f600.\u00e9"));
}

TEST(PathParse, RefusesProtoAsASegmentOnly) {
  for (const char* text : {"__proto__", "a.__proto__", "__proto__.a", "a.__proto__.b"}) {
    EXPECT_EQ(why_not(text), "path: __proto__ is not allowed as a segment") << text;
  }
  for (const char* text : {"__proto__x", "x__proto__", "__proto", "a\\.__proto__", "constructor",
                           "prototype", "__PROTO__"}) {
    EXPECT_TRUE(is_path(text)) << text;
  }
}

TEST(PathOrder, IsThatOfTheProtocolsExamples) {
  const std::vector<std::string> ascending = {"0",
                                              "0.0",
                                              "1",
                                              "2",
                                              "9",
                                              "10",
                                              "10.a",
                                              "99",
                                              "100",
                                              "99999999999999999999",
                                              std::string(256, '1'),
                                              " ",
                                              "-1",
                                              "00",
                                              "01",
                                              "1\\.0",
                                              "a",
                                              "a.0",
                                              "a.1",
                                              "a.10",
                                              "a.01",
                                              "a.b",
                                              "a.b.c",
                                              "a.c",
                                              "a ",
                                              "a\\.b",
                                              "aa",
                                              "b",
                                              "\u00e9",
                                              "\uffff",
                                              "\U0001f600"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const Path left = Path::parse(ascending[i]).value();
      const Path right = Path::parse(ascending[j]).value();
      EXPECT_EQ(left < right, i < j) << ascending[i] << " and " << ascending[j];
      EXPECT_EQ(left == right, i == j) << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(PathCovers, IsTrueOfItselfAndItsAncestorsAlone) {
  const auto covers = [](const char* upper, const char* lower) {
    return Path::parse(upper).value().covers(Path::parse(lower).value());
  };
  EXPECT_TRUE(covers("a", "a"));
  EXPECT_TRUE(covers("a", "a.b"));
  EXPECT_TRUE(covers("a", "a.b.c"));
  EXPECT_FALSE(covers("a.b", "a"));
  EXPECT_FALSE(covers("a", "ab"));
  EXPECT_FALSE(covers("a", "a\\.b"));
  EXPECT_FALSE(covers("1", "10"));
  EXPECT_FALSE(covers("1", "1\\.0"));
  EXPECT_TRUE(covers("1", "1.0"));
}

TEST(PathAncestors, AreVisitedFromTheShortest) {
  std::vector<std::string> seen;
  for_each_ancestor_key(Path::parse(R"(a.10.b\.c.d)").value(), [&](std::string_view key) {
    seen.push_back(Path::from_key(key).value().text());
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "a.10", R"(a.10.b\.c)"}));
}

TEST(PathAncestors, ASingleSegmentHasNone) {
  for_each_ancestor_key(Path::parse("a").value(), [](std::string_view) { FAIL(); });
}

TEST(PathFromKey, RefusesKeysThatParseDoesNotProduce) {
  using namespace std::string_literals;
  ASSERT_TRUE(Path::from_key("\x02"s + "a\0"s));
  ASSERT_TRUE(Path::from_key("\x01\x01"s + "10"s));
  const std::vector<std::string> keys = {
      ""s,
      "a"s,
      "\x03"s + "a\0"s,  // no such tag
      "\0"s,
      "\x02"s,                       // cut short
      "\x02"s + "a"s,                // not ended
      "\x02\0"s,                     // an empty name
      "\x02\0"s + "\x02"s + "a\0"s,  // an empty name before another
      "\x02"s + "a\0b"s,             // bytes behind the end
      "\x02"s + "10\0"s,             // an index as a name
      "\x02"s + "__proto__\0"s,
      "\x02"s + "a\x01\0"s,  // a control character
      "\x02"s + "\xff\0"s,   // not UTF-8
      "\x02"s + std::string(257, 'a') + "\0"s,
      "\x01"s,              // cut short
      "\x01\0"s,            // one digit, and none there
      "\x01\x01"s + "1"s,   // two digits, and one there
      "\x01\0"s + "10"s,    // one digit, and two there
      "\x01\0"s + "x"s,     // no digit
      "\x01\x01"s + "01"s,  // not canonical
      "\x01\xff"s + std::string(255, '1'),
      repeated("\x02"s + "a\0"s, 33),
      repeated("\x02"s + std::string(255, 'a') + "\0"s, 4) + "\x02"s + "a\0"s,
  };
  for (const std::string& key : keys) {
    const auto path = Path::from_key(key);
    ASSERT_FALSE(path) << ::testing::PrintToString(key);
    EXPECT_EQ(path.error().code, Errc::malformed);
  }
}

TEST(PathFromKey, TakesPathsAtTheirLimits) {
  for (const std::string& text :
       {std::string(256, '9'), std::string(256, 'a'), std::string("a") + repeated(".0", 31),
        repeated("\\.", 256) + "." + repeated("\\.", 255)}) {
    const Path path = Path::parse(text).value();
    const auto again = Path::from_key(path.key());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, path);
    EXPECT_EQ(again->text(), text);
  }
}

TEST(PathReserved, IsOfItsOwnAndMovesByItsKey) {
  const Path floor = Path::reserved("floor");
  EXPECT_TRUE(floor.is_reserved());
  EXPECT_EQ(Path::from_key(floor.key()), floor);
  for (const char* text : {"floor", "a", "0", "a.floor"}) {
    const Path path = Path::parse(text).value();
    EXPECT_FALSE(path.is_reserved());
    EXPECT_FALSE(path.covers(floor) || floor.covers(path)) << text;
  }
}

TEST(PathReserved, NoneLiesAboveAnother) {
  EXPECT_FALSE(Path::reserved("floor").covers(Path::reserved("floors")));
  EXPECT_FALSE(Path::reserved("collected-1").covers(Path::reserved("collected-10")));
}

TEST(PathReserved, CannotBeWrittenByAClient) {
  EXPECT_FALSE(
      Path::parse("\x01"
                  "floor"));
  EXPECT_FALSE(Path::parse(Path::reserved("floor").text()));
}

TEST(PathReserved, AKeyIsTakenInItsOneFormOnly) {
  using namespace std::string_literals;
  ASSERT_TRUE(Path::from_key("\x02\x01"s + "collected-0a\0"s));
  const std::vector<std::string> keys = {
      "\x02\x01\0"s,                                // nothing behind the mark
      "\x02\x01"s + "floor"s,                       // not ended
      "\x02\x01"s + "Floor\0"s,                     // a capital
      "\x02\x01"s + "flo.or\0"s,                    // neither a letter nor a digit
      "\x02\x01"s + "flo\0or\0"s,                   // bytes behind the end
      "\x02\x01"s + "floor\0"s + "\x02"s + "a\0"s,  // a state below it
      "\x02"s + "a\0"s + "\x02\x01"s + "floor\0"s,  // not the first segment
      "\x01\x01"s + "floor\0"s,                     // an index's tag
      "\x02\x01"s + std::string(254, 'a') + "\0"s,
  };
  for (const std::string& key : keys) {
    EXPECT_FALSE(Path::from_key(key)) << ::testing::PrintToString(key);
  }
}

}  // namespace
}  // namespace anabranch::crdt::testing
