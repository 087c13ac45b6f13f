#pragma once

#include <string>

namespace anabranch::node {

/// `text` as a part of a test's name: letters, digits and underscores.
inline std::string readable_name(std::string text) {
  for (char& c : text) {
    const bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!kept) c = '_';
  }
  return text;
}

}  // namespace anabranch::node
