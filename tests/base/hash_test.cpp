#include "base/hash.h"

#include <gtest/gtest.h>

namespace anabranch {
namespace {

constexpr Uint128 number(std::uint64_t high, std::uint64_t low) {
  return (static_cast<Uint128>(high) << 64) | low;
}

// Digests are compared between nodes of different builds, so the function may never change.
TEST(Hash128, IsXxh3With128Bits) {
  EXPECT_TRUE(hash128("") == number(0x99aa06d3014798d8, 0x6001c324468d497f));
  EXPECT_TRUE(hash128("abc") == number(0x06b05ab6733a6185, 0x78af5f94892f3950));
}

TEST(Hash128, TellsNulBytesApart) {
  EXPECT_FALSE(hash128(std::string_view("a\0", 2)) == hash128("a"));
}

}  // namespace
}  // namespace anabranch
