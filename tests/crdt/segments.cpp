#include "segments.h"

#include <algorithm>

namespace anabranch::crdt::testing {

namespace {

bool bytes_less(const std::string& left, const std::string& right) {
  return std::lexicographical_compare(
      left.begin(), left.end(), right.begin(), right.end(),
      [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); });
}

bool number_less(const std::string& left, const std::string& right) {
  const std::size_t width = std::max(left.size(), right.size());
  return bytes_less(std::string(width - left.size(), '0') + left,
                    std::string(width - right.size(), '0') + right);
}

bool segment_less(const std::string& left, const std::string& right) {
  if (is_index(left) && is_index(right)) return number_less(left, right);
  if (is_index(left) || is_index(right)) return is_index(left);
  return bytes_less(left, right);
}

}  // namespace

bool is_index(const std::string& segment) {
  if (segment == "0") return true;
  return !segment.empty() && segment[0] != '0' &&
         segment.find_first_not_of("0123456789") == std::string::npos;
}

bool segments_less(const Segments& left, const Segments& right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                      segment_less);
}

bool is_prefix(const Segments& upper, const Segments& lower) {
  return upper.size() <= lower.size() && std::equal(upper.begin(), upper.end(), lower.begin());
}

std::string text_of(const Segments& segments) {
  std::string text;
  for (const std::string& segment : segments) {
    if (&segment != &segments.front()) text += ".";
    for (const char c : segment) {
      if (c == '.') {
        text += "\\.";
      } else if (c == '\\') {
        text += "\\\\";
      } else {
        text += c;
      }
    }
  }
  return text;
}

Path path_of(const Segments& segments) { return Path::parse(text_of(segments)).value(); }

}  // namespace anabranch::crdt::testing
