#include "wire/canonical_json.h"

#include "wire/json_parser.h"
#include "wire/limits.h"

#include <double-conversion/double-to-string.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

namespace anabranch::wire {

namespace {

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

/// True when one of the eight bytes at `bytes` needs it; sometimes also when a byte above U+007F
/// stands behind one that does.
bool may_need_escape(const char* bytes) {
  constexpr std::uint64_t each = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto below = [](std::uint64_t lanes, std::uint64_t bound) {
    return (lanes - each * bound) & ~lanes;
  };
  const std::uint64_t found =
      below(word, 0x20) | below(word ^ (each * '"'), 1) | below(word ^ (each * '\\'), 1);
  return (found & (each * 0x80)) != 0;
}

void append_escape(std::string& out, char c) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += digits[static_cast<unsigned char>(c) >> 4];
  out += digits[static_cast<unsigned char>(c) & 15];
}

/// Writes the text's canonical encoding.
Result<void> write_canonically(std::string_view json, CanonicalWriter& writer) {
  switch (parse_json(json, max_value_depth, writer)) {
    case JsonVerdict::malformed:
      return fail(Errc::malformed, "the value is not valid JSON");
    case JsonVerdict::too_deep:
      return fail(Errc::malformed, "the value is nested deeper than 64 levels");
    case JsonVerdict::ok:
      break;
  }
  if (writer.overflowed()) {
    return fail(Errc::malformed, "the value holds a number that does not fit a double");
  }
  return {};
}

}  // namespace

Result<std::string> canonicalise(std::string_view json) {
  CanonicalWriter writer;
  if (auto written = write_canonically(json, writer); !written) {
    return tl::unexpected(std::move(written.error()));
  }
  return writer.text();
}

bool CanonicalCheck::passes(std::string_view json) {
  return write_canonically(json, writer_) && writer_.text() == json;
}

std::size_t unescaped_prefix(std::string_view text) {
  constexpr std::size_t step = sizeof(std::uint64_t);
  std::size_t at = 0;
  while (at + step <= text.size() && !may_need_escape(text.data() + at)) at += step;
  while (at < text.size() && !needs_escape(text[at])) ++at;
  return at;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t plain = unescaped_prefix(text);
    out.append(text.data(), plain);
    if (plain == text.size()) break;
    append_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

void append_json_number(std::string& out, double number) {
  constexpr double exact_integers = 9007199254740992.0;  // 2^53
  std::array<char, 32> buffer;
  if (std::abs(number) <= exact_integers && number == std::trunc(number)) {
    const auto integer = static_cast<std::int64_t>(number);
    const auto written = std::to_chars(buffer.begin(), buffer.end(), integer);
    out.append(buffer.data(), written.ptr);
    return;
  }
  using double_conversion::DoubleToStringConverter;
  double_conversion::StringBuilder builder(buffer.data(), static_cast<int>(buffer.size()));
  DoubleToStringConverter::EcmaScriptConverter().ToShortest(number, &builder);
  out.append(buffer.data(), static_cast<std::size_t>(builder.position()));
}

bool utf16_less(std::string_view left, std::string_view right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (r == right.end()) return false;
  if (l == left.end()) return true;
  const auto a = static_cast<unsigned char>(*l);
  const auto b = static_cast<unsigned char>(*r);
  // The order of the bytes is that of the code points. UTF-16 differs from it in one place only:
  // U+10000 and up (first byte 0xf0 and up) begin with surrogates, which stand before U+E000 to
  // U+FFFF (first byte 0xee or 0xef).
  if (a >= 0xee && b >= 0xee && (a >= 0xf0) != (b >= 0xf0)) return a >= 0xf0;
  return a < b;
}

}  // namespace anabranch::wire
