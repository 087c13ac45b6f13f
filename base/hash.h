#pragma once

#include <cstdint>
#include <string_view>

namespace anabranch {

/// 128 bits that add and subtract modulo 2^128 (unsigned __int128 under a portable name).
__extension__ using Uint128 = unsigned __int128;

/// XXH3's 128-bit hash of `bytes`: fast, stable across versions and machines, not cryptographic.
Uint128 hash128(std::string_view bytes);

}  // namespace anabranch
