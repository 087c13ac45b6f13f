#include "base/utf8.h"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>

namespace anabranch {

namespace {

/// simdjson reads a block of this size at least.
constexpr std::size_t block_bytes = 64;

bool is_ascii(std::string_view text) {
  unsigned all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (text.size() < block_bytes && is_ascii(text)) return true;
  return simdjson::validate_utf8(text.data(), text.size());
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace anabranch
