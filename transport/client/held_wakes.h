#pragma once

namespace anabranch::transport {

/// While one lives, what its thread hands to connections wakes no I/O thread; when it ends, each of
/// them is woken once. For a run of many calls that is short: nothing else is held back by it, but
/// what these threads are handed meanwhile. One at a time on a thread.
class HeldWakes {
 public:
  HeldWakes();
  ~HeldWakes();
  HeldWakes(const HeldWakes&) = delete;
  HeldWakes& operator=(const HeldWakes&) = delete;
};

}  // namespace anabranch::transport
