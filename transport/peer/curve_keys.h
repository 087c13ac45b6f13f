#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace anabranch::transport {

/// A CURVE key as the wire has it.
using RawCurveKey = std::array<std::uint8_t, 32>;

/// Reads the 40 characters of Z85 in which people write such a key; nothing when they are not.
std::optional<RawCurveKey> read_curve_key(const std::string& z85);

}  // namespace anabranch::transport
