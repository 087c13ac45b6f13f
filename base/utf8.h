#pragma once

#include <string_view>

namespace anabranch {

/// True when `text` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// True when `text` holds one of U+0000 to U+001F or U+007F.
bool has_control_character(std::string_view text);

}  // namespace anabranch
