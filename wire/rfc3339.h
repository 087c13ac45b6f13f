#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::wire {

/// Milliseconds since 1970 of an RFC 3339 date-time with a zone (digits beyond milliseconds are
/// cut); nothing for any other text, 30 February and 25 o'clock included, nor for a moment outside
/// the years 0000 to 9999 in UTC. A leap second (23:59:60 in UTC) reads as the midnight after it.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

/// UTC with milliseconds: "2026-01-01T12:00:00.000Z". Moments outside the years 0000
/// to 9999 are written as the nearest one inside.
std::string format_rfc3339(std::int64_t unix_ms);
void append_rfc3339(std::string& out, std::int64_t unix_ms);

}  // namespace anabranch::wire
