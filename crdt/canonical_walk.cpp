#include "crdt/canonical_walk.h"

#include "base/check.h"
#include "crdt/path.h"

#include <algorithm>
#include <charconv>

namespace anabranch::crdt {

namespace {

/// The index behind the string that starts at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

/// The index behind the value that starts at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = end_of_string(text, at);
        break;
      case '{':
      case '[':
        ++depth;
        ++at;
        break;
      case '}':
      case ']':
        if (depth == 0) return at;
        --depth;
        ++at;
        break;
      case ',':
        if (depth == 0) return at;
        ++at;
        break;
      default:
        ++at;
    }
  }
  return at;
}

/// Takes the first byte that the inside of a quoted key spells; only ASCII is ever escaped.
unsigned char take_byte(std::string_view& inside) {
  const std::string_view escape = inside.substr(0, 2);
  std::size_t size = 2;
  unsigned char byte = 0;
  if (escape[0] != '\\') {
    byte = static_cast<unsigned char>(escape[0]);
    size = 1;
  } else if (escape[1] == 'u') {
    size = 6;
    std::from_chars(inside.data() + 2, inside.data() + size, byte, 16);
  } else {
    static constexpr std::string_view letters = "bfnrt";
    static constexpr std::string_view meant = "\b\f\n\r\t";
    const std::size_t at = letters.find(escape[1]);
    byte = static_cast<unsigned char>(at == letters.npos ? escape[1] : meant[at]);
  }
  inside.remove_prefix(size);
  return byte;
}

}  // namespace

CanonicalKind kind_of_canonical(std::string_view text) {
  ANABRANCH_CHECK(!text.empty());
  if (text.front() == '{') return CanonicalKind::object;
  return text.front() == '[' ? CanonicalKind::array : CanonicalKind::scalar;
}

std::vector<std::pair<std::string_view, std::string_view>> members_of(std::string_view text) {
  std::vector<std::pair<std::string_view, std::string_view>> members;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    const std::size_t colon = end_of_string(text, at);
    const std::size_t end = end_of_value(text, colon + 1);
    members.emplace_back(text.substr(at, colon - at), text.substr(colon + 1, end - colon - 1));
    at = end;
  }
  return members;
}

std::vector<std::string_view> elements_of(std::string_view text) {
  std::vector<std::string_view> elements;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    const std::size_t end = end_of_value(text, at);
    elements.push_back(text.substr(at, end - at));
    at = end;
  }
  return elements;
}

std::string quoted_key(std::string_view segment) {
  std::string quoted = "\"";
  for (const char c : segment) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

bool CanonicalKeyLess::operator()(std::string_view left, std::string_view right) const {
  left = left.substr(1, left.size() - 2);
  right = right.substr(1, right.size() - 2);
  // What both begin with spells the same, up to an escape.
  const std::size_t shorter = std::min(left.size(), right.size());
  std::size_t common = 0;
  while (common < shorter && left[common] == right[common] && left[common] != '\\') ++common;
  left.remove_prefix(common);
  right.remove_prefix(common);
  while (!left.empty() && !right.empty()) {
    const unsigned char a = take_byte(left);
    const unsigned char b = take_byte(right);
    if (a == b) continue;
    // UTF-8 orders as code points do. UTF-16 differs in one place: U+10000 and up (first byte 0xf0
    // and up) begin with surrogates there, which are below U+E000 to U+FFFF (0xee and 0xef).
    if (a >= 0xee && b >= 0xee && (a >= 0xf0) != (b >= 0xf0)) return a >= 0xf0;
    return a < b;
  }
  return left.empty() && !right.empty();
}

std::optional<std::string_view> find_in_canonical(std::string_view text, std::string_view key) {
  while (!key.empty()) {
    const Segment segment = take_segment(key);
    switch (kind_of_canonical(text)) {
      case CanonicalKind::scalar:
        return {};
      case CanonicalKind::object: {
        const auto members = members_of(text);
        const auto found = std::find_if(
            members.begin(), members.end(),
            [name = quoted_key(segment.text)](const auto& member) { return member.first == name; });
        if (found == members.end()) return {};
        text = found->second;
        break;
      }
      case CanonicalKind::array: {
        const auto elements = elements_of(text);
        std::size_t index = elements.size();
        if (segment.is_index) {
          std::from_chars(segment.text.data(), segment.text.data() + segment.text.size(), index);
        }
        if (index >= elements.size()) return {};
        text = elements[index];
        break;
      }
    }
  }
  return text;
}

}  // namespace anabranch::crdt
