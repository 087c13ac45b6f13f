#include "wire/base64url.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace anabranch::wire {
namespace {

TEST(Base64url, WritesTheExamplesOfTheRfcWithoutPadding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
}

TEST(Base64url, ReadsOnlyWhatItWrites) {
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9", "Zm9v\n", "+//+", " Zg", "Zg ", "Zm8\x80"}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
  EXPECT_EQ(base64url_decode(""), "");
}

RC_GTEST_PROP(Base64url, DecodeUndoesEncode, (const std::string& bytes)) {
  RC_ASSERT(base64url_decode(base64url_encode(bytes)) == bytes);
}

}  // namespace
}  // namespace anabranch::wire
