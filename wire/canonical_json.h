#pragma once

#include "base/result.h"
#include "wire/canonical_writer.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace anabranch::wire {

/// Rewrites any JSON text as its canonical encoding (JCS, RFC 8785): keys in UTF-16 order, of
/// duplicate keys the last, numbers as ECMAScript prints doubles, -0 as 0. Errc::malformed for
/// what is not JSON, holds a lone surrogate, a number that no double holds, or nests deeper than
/// max_value_depth.
Result<std::string> canonicalise(std::string_view json);

/// Tells whether texts are canonical encodings already. Keep one for many: its buffers stay.
class CanonicalCheck {
 public:
  bool passes(std::string_view json);

 private:
  CanonicalWriter writer_;
};

/// How many bytes at the front of `text` (UTF-8) stand in a JSON string as they are.
std::size_t unescaped_prefix(std::string_view text);

/// Appends `text` (UTF-8) as a JSON string, escaped as JCS prescribes.
void append_json_string(std::string& out, std::string_view text);

/// Appends `number` (finite) as ECMAScript prints it; -0 is 0.
void append_json_number(std::string& out, double number);

/// JCS's order of object keys: by UTF-16 code units, given UTF-8.
bool utf16_less(std::string_view left, std::string_view right);

}  // namespace anabranch::wire
