#include "base/hash.h"

#include <xxhash.h>

namespace anabranch {

Uint128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return (static_cast<Uint128>(hash.high64) << 64) | hash.low64;
}

}  // namespace anabranch
