#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anabranch::wire {

/// RFC 4648 §5, without padding.
std::string base64url_encode(std::string_view bytes);

/// Nothing for what base64url_encode cannot produce; so one text stands for each byte string.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace anabranch::wire
