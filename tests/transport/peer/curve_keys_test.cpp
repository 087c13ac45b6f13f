#include "transport/peer/curve_keys.h"

#include "transport/peer/peer_link.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

TEST(CurveKeys, ANewPairBelongsTogether) {
  const CurveKeys keys = make_curve_keys();
  EXPECT_EQ(keys.secret_key.size(), 40u);
  EXPECT_EQ(keys.public_key.size(), 40u);
  const auto public_key = curve_public_key(keys.secret_key);
  ASSERT_TRUE(public_key);
  EXPECT_EQ(*public_key, keys.public_key);
}

TEST(CurveKeys, EachPairIsNew) {
  EXPECT_NE(make_curve_keys().secret_key, make_curve_keys().secret_key);
}

TEST(CurveKeys, WhatIsNoKeyIsMalformed) {
  const std::string wrong[] = {
      "",
      std::string(39, 'a'),
      std::string(41, 'a'),
      std::string(40, ' '),
      std::string(40, '"'),
      std::string(20, 'a') + "\x80" + std::string(19, 'a'),
      std::string(20, 'a') + '\0' + std::string(19, 'a'),
      std::string(40, '#'),  // of the alphabet, but five of them are beyond 32 bits
  };
  for (const std::string& text : wrong) {
    const auto public_key = curve_public_key(text);
    ASSERT_FALSE(public_key) << text;
    EXPECT_EQ(public_key.error().code, Errc::malformed);
    EXPECT_FALSE(read_curve_key(text)) << text;
  }
}

TEST(CurveKeys, AnErrorDoesNotQuoteTheSecret) {
  const std::string nearly = make_curve_keys().secret_key.substr(1);
  EXPECT_EQ(curve_public_key(nearly).error().message.find(nearly), std::string::npos);
}

}  // namespace
}  // namespace anabranch::transport
