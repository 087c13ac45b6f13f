#include "base/random.h"

#include "base/check.h"

#include <sys/random.h>

namespace anabranch {

std::uint64_t SystemRandom::next() {
  std::uint64_t number = 0;
  ANABRANCH_CHECK(getrandom(&number, sizeof number, 0) == sizeof number);
  return number;
}

}  // namespace anabranch
