#include "wire/traceparent.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <regex>

namespace anabranch::wire {
namespace {

const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, IsToldOnAsItCame) {
  const auto parsed = Traceparent::parse(good);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->empty());
  EXPECT_EQ(parsed->text(), good);
  EXPECT_EQ(*Traceparent::parse(good), *parsed);
}

TEST(Traceparent, NoneIsEmptyAndNotSampled) {
  EXPECT_TRUE(Traceparent().empty());
  EXPECT_EQ(Traceparent().text(), "");
  EXPECT_FALSE(Traceparent().is_sampled());
}

TEST(Traceparent, TheLowestFlagSaysThatItIsSampled) {
  const auto with_flags = [](const std::string& flags) {
    return Traceparent::parse(good.substr(0, 53) + flags)->is_sampled();
  };
  for (const char* flags : {"01", "ff", "03", "0b", "11", "0d"}) EXPECT_TRUE(with_flags(flags));
  for (const char* flags : {"00", "02", "fe", "10", "0a", "0c"}) EXPECT_FALSE(with_flags(flags));
}

TEST(Traceparent, WhatIsInvalidIsNone) {
  std::string of_zeros = good;
  of_zeros.replace(3, 32, 32, '0');
  EXPECT_FALSE(Traceparent::parse(of_zeros)) << "trace id";
  of_zeros = good;
  of_zeros.replace(36, 16, 16, '0');
  EXPECT_FALSE(Traceparent::parse(of_zeros)) << "parent id";
  EXPECT_FALSE(Traceparent::parse("ff" + good.substr(2))) << "version ff";
  EXPECT_FALSE(Traceparent::parse(good + "-")) << "version 00 ends with its flags";
  EXPECT_FALSE(Traceparent::parse(good + "-00"));
  EXPECT_FALSE(Traceparent::parse(' ' + good));
  EXPECT_FALSE(Traceparent::parse(good + ' '));
  EXPECT_FALSE(Traceparent::parse(good + std::string(1, '\0')));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Traceparent::parse(good.substr(0, size))) << size;
  }
}

TEST(Traceparent, NoCharacterMayBeAnother) {
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char wrong : {'A', 'F', 'g', '/', ':', '`', '_', ' ', '\0', '\x7f', '\xff'}) {
      std::string text = good;
      text[at] = wrong;
      EXPECT_FALSE(Traceparent::parse(text)) << text;
    }
    const bool is_dash = good[at] == '-';
    std::string text = good;
    text[at] = is_dash ? '0' : '-';
    EXPECT_FALSE(Traceparent::parse(text)) << text;
  }
}

TEST(Traceparent, OfALaterVersionWhatIsKnownIsToldOn) {
  for (const char* version : {"01", "0a", "cc", "fe"}) {
    const auto parsed = Traceparent::parse(version + good.substr(2));
    ASSERT_TRUE(parsed) << version;
    EXPECT_EQ(parsed->text(), good);
    EXPECT_EQ(Traceparent::parse(version + good.substr(2) + "-what-comes-then")->text(), good);
    EXPECT_FALSE(Traceparent::parse(version + good.substr(2) + "x")) << version;
  }
}

/// The rules a second time, as an expression.
bool is_valid(const std::string& text) {
  static const std::regex shape(
      "(00|(?!00|ff)[0-9a-f]{2}(?=.{53}(-|$)))-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-"
      "[0-9a-f]{2}(-[^]*)?");
  return std::regex_match(text, shape) && (text.substr(0, 2) != "00" || text.size() == 55);
}

RC_GTEST_PROP(Traceparent, ADamagedOneIsTakenOnlyWhereTheRulesAllow, ()) {
  std::string text = good;
  const auto alphabet = std::string("0123456789abcdefAFgz-- ");
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char other = *rc::gen::elementOf(alphabet);
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text[at] = other;
        break;
      case 1:
        text.insert(at, 1, other);
        break;
      default:
        text.erase(at, 1);
    }
  }
  const auto parsed = Traceparent::parse(text);
  RC_ASSERT(parsed.has_value() == is_valid(text));
  if (parsed) RC_ASSERT(parsed->text() == "00" + text.substr(2, 53));
}

RC_GTEST_PROP(Traceparent, NoBytesBreakIt, (const std::string& bytes)) {
  RC_ASSERT(Traceparent::parse(bytes).has_value() == is_valid(bytes));
}

}  // namespace
}  // namespace anabranch::wire
