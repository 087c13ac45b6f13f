#include "node/printable.h"

#include "base/utf8.h"

#include <cstdio>

namespace anabranch::node {

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (has_control_character({&c, 1})) {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace anabranch::node
