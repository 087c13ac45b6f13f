// The program allocates by jemalloc, see docs/decisions/0022.

#include <jemalloc/jemalloc.h>

extern "C" {

/// Read by jemalloc before main. What a burst has taken goes back to the system ten seconds later
/// also where nothing happens any more: threads of its own see to that.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
const char* malloc_conf = "background_thread:true";

}  // extern "C"
