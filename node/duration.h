#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::node {

/// "500ms", "60s", "5m", "1h", "30d": a whole number and its unit. Nothing for any other text or
/// for more than ten years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// As parse_duration reads it, in the largest unit that needs no fraction.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace anabranch::node
