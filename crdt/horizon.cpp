#include "crdt/horizon.h"

#include <algorithm>
#include <string>

namespace anabranch::crdt {

bool Horizon::covers(const Horizon& other) const {
  return floor >= other.floor && generation >= other.generation &&
         collected.covers(other.collected);
}

bool Horizon::join(const Horizon& other) {
  if (covers(other)) return false;
  floor = std::max(floor, other.floor);
  generation = std::max(generation, other.generation);
  collected.join(other.collected);
  return true;
}

Uint128 digest_of(std::string_view user, const Horizon& horizon) {
  if (horizon.empty()) return 0;
  // Numbers as text: the same bytes on every machine, and not on a hot path.
  std::string text(user);
  const auto append = [&text](std::uint64_t number) { text += '\0' + std::to_string(number); };
  append(horizon.floor);
  append(horizon.generation);
  for (const auto& [origin, seq] : horizon.collected.entries()) {
    append(origin.value);
    append(seq);
  }
  return hash128(text);
}

}  // namespace anabranch::crdt
