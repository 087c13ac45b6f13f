#include "node/plain_json.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <limits>

namespace anabranch::node {
namespace {

namespace json = boost::json;

TEST(PlainJson, WritesDoublesAsPeopleDo) {
  EXPECT_EQ(plain_json(1.543), "1.543");
  EXPECT_EQ(plain_json(0.0), "0.0");
  EXPECT_EQ(plain_json(-0.4), "-0.4");
  EXPECT_EQ(plain_json(12345678.0), "12345678.0");
  EXPECT_EQ(plain_json(0.001), "0.001");
}

TEST(PlainJson, LeavesTheRestAsItIs) {
  const char* text =
      R"({"a":[1,-2,18446744073709551615,true,null,"\"\u0001é"],"b":{},"c":[],"":1})";
  EXPECT_EQ(plain_json(json::parse(text)), json::serialize(json::parse(text)));
}

TEST(PlainJson, WritesNullWhereJsonHasNoNumber) {
  EXPECT_EQ(plain_json(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(plain_json(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(PlainJson, WhatItWritesReadsBackTheSame) {
  for (const double number : {0.1, 1.0 / 3, 1e300, 5e-324, -1.7976931348623157e308}) {
    EXPECT_EQ(json::parse(plain_json(number)).as_double(), number);
  }
}

}  // namespace
}  // namespace anabranch::node
