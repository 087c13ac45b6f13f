#pragma once

#include "base/shared_text.h"

#include <compare>
#include <cstdint>

namespace anabranch::crdt {

/// What orders writes: first knowledge (a Lamport version), then time, then the writer.
/// Compared in the order of the members; the tab id bytewise.
struct Stamp {
  std::uint64_t version = 0;      ///< 1 … 2^53-1: the highest version the writer had received, + 1
  std::int64_t timestamp_ms = 0;  ///< Unix time by the writer's calibrated clock
  SharedText tab;                 ///< 1 to 128 bytes

  // The order of the members is the order of the rules.
  std::strong_ordering operator<=>(const Stamp&) const = default;
};

/// The greatest version a stamp may carry: what a double holds exactly.
inline constexpr std::uint64_t max_version = (std::uint64_t{1} << 53) - 1;

}  // namespace anabranch::crdt
