#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace anabranch {
namespace {

TEST(IsUtf8, TakesWellFormedText) {
  EXPECT_TRUE(is_utf8(std::string_view()));
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain"));
  EXPECT_TRUE(is_utf8("\u00e9\u20ac\U0001f600"));
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_utf8("\xed\x9f\xbf\xee\x80\x80"));  // the neighbours of the surrogates
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));          // U+10FFFF
}

TEST(IsUtf8, RefusesWhatIsNot) {
  EXPECT_FALSE(is_utf8("\x80"));      // a continuation on its own
  EXPECT_FALSE(is_utf8("\xc3"));      // cut short
  EXPECT_FALSE(is_utf8("\xe2\x82"));  // cut short
  EXPECT_FALSE(is_utf8("\xc3(")) << "not continued";
  EXPECT_FALSE(is_utf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(is_utf8("\xe0\x80\xaf"));      // overlong
  EXPECT_FALSE(is_utf8("\xf0\x80\x80\xaf"));  // overlong
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // a surrogate
  EXPECT_FALSE(is_utf8("\xed\xbf\xbf"));      // a surrogate
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // U+110000
  EXPECT_FALSE(is_utf8("\xfe"));
  EXPECT_FALSE(is_utf8("\xff"));
}

// The validator works in blocks: a fault must be seen wherever in a block it stands.
TEST(IsUtf8, SeesAFaultAtAnyPlaceOfALongText) {
  for (std::size_t at = 0; at < 200; ++at) {
    std::string text(200, 'x');
    ASSERT_TRUE(is_utf8(text));
    text[at] = '\xc3';
    EXPECT_FALSE(is_utf8(text)) << at;
  }
}

TEST(HasControlCharacter, SeesU0000ToU001fAndU007f) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = {'a', static_cast<char>(byte), 'b'};
    EXPECT_EQ(has_control_character(text), byte < 0x20 || byte == 0x7f) << byte;
  }
}

TEST(HasControlCharacter, LetsOtherTextPass) {
  EXPECT_FALSE(has_control_character(""));
  EXPECT_FALSE(has_control_character("\u0080\u009f\u00e9\U0001f600"));
}

}  // namespace
}  // namespace anabranch
