#include "base/ids.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

namespace anabranch {
namespace {

constexpr std::uint64_t greatest = std::numeric_limits<std::uint64_t>::max();

TEST(ReplicaId, ReadsAsSixteenLowerCaseHexDigits) {
  EXPECT_EQ(ReplicaId{}.to_string(), "0000000000000000");
  EXPECT_EQ(ReplicaId{0x1f}.to_string(), "000000000000001f");
  EXPECT_EQ(ReplicaId{0x0123456789abcdef}.to_string(), "0123456789abcdef");
  EXPECT_EQ(ReplicaId{greatest}.to_string(), "ffffffffffffffff");
}

RC_GTEST_PROP(ReplicaId, TextRoundTripsAndOrdersAsTheValue, (std::uint64_t a, std::uint64_t b)) {
  const ReplicaId left{a};
  const ReplicaId right{b};
  RC_ASSERT(ReplicaId::parse(left.to_string()) == left);
  RC_ASSERT((left < right) == (left.to_string() < right.to_string()));
}

TEST(ReplicaId, RefusesEveryOtherSpelling) {
  for (const char* text :
       {"", "0", "000000000000001", "00000000000000001", "000000000000001F", "000000000000001g",
        " 00000000000001f", "000000000000001 ", "+00000000000001f", "-00000000000001f",
        "0x0000000000001f", "0000000000000x1f"}) {
    EXPECT_FALSE(ReplicaId::parse(text)) << text;
  }
  EXPECT_FALSE(ReplicaId::parse(std::string_view("000000000000001\0", 16)));
}

TEST(Dot, ReadsAsOriginAndSeq) {
  EXPECT_EQ((Dot{{0x1f}, 42}).to_string(), "000000000000001f:42");
  EXPECT_EQ((Dot{{greatest}, greatest}).to_string(), "ffffffffffffffff:18446744073709551615");
}

RC_GTEST_PROP(Dot, TextRoundTrips, (std::uint64_t origin, std::uint64_t seq)) {
  RC_PRE(seq > 0);
  const Dot dot{{origin}, seq};
  RC_ASSERT(Dot::parse(dot.to_string()) == dot);
}

TEST(Dot, RefusesEveryOtherSpelling) {
  const std::string origin = "000000000000001f";
  ASSERT_TRUE(Dot::parse(origin + ":1"));
  ASSERT_TRUE(Dot::parse(origin + ":18446744073709551615"));
  for (const std::string& text : {std::string(),
                                  origin,
                                  origin + ":",
                                  origin + ":0",
                                  origin + ":01",
                                  origin + ":-1",
                                  origin + ":+1",
                                  origin + ": 1",
                                  origin + ":1 ",
                                  origin + ":1x",
                                  origin + ":1:1",
                                  origin + ":0x1",
                                  origin + ".1",
                                  origin + ":18446744073709551616",
                                  origin + ":99999999999999999999999",
                                  std::string("1f:1"),
                                  "0" + origin + ":1",
                                  std::string("000000000000001F:1"),
                                  std::string("00000000000000zz:1"),
                                  origin + std::string(":1\0", 3)}) {
    EXPECT_FALSE(Dot::parse(text)) << text;
  }
}

TEST(Dot, OrdersByOriginFirst) {
  EXPECT_LT((Dot{{1}, 9}), (Dot{{2}, 1}));
  EXPECT_LT((Dot{{1}, 9}), (Dot{{1}, 10}));
}

TEST(UserId, IsOneTo256BytesOfUtf8WithoutControlCharacters) {
  EXPECT_TRUE(is_valid_user("u"));
  EXPECT_TRUE(is_valid_user("auth0|5f7c8ec7c33c6c004bbafe82"));
  EXPECT_TRUE(is_valid_user("Ren\u00e9 \U0001f600"));
  EXPECT_TRUE(is_valid_user(std::string(256, 'u')));

  EXPECT_FALSE(is_valid_user(""));
  EXPECT_FALSE(is_valid_user(std::string(257, 'u')));
  EXPECT_FALSE(is_valid_user(std::string(255, 'u') + "\u00e9")) << "bytes count, not characters";
  EXPECT_FALSE(is_valid_user(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_valid_user("a\nb"));
  EXPECT_FALSE(is_valid_user("a\x7f"));
  EXPECT_FALSE(is_valid_user("a\xff"));
  EXPECT_FALSE(is_valid_user("\xed\xa0\x80"));
}

}  // namespace
}  // namespace anabranch
