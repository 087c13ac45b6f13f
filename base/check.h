#pragma once

#include <cstdio>
#include <cstdlib>

// Aborts with file, line and the broken condition. For invariants of our own code only, and on in
// release builds too; what comes from outside is never checked this way, it gets an Error.
#define ANABRANCH_CHECK(condition)                                                           \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: invariant broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
