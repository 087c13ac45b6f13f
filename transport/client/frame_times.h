#pragma once

#include "base/duration_counts.h"

#include <chrono>
#include <cstdint>

namespace anabranch::transport {

/// What is measured of a frame when it is handed to its socket: the time since the frame of a
/// client that it goes back to had been read.
struct FrameTiming {
  enum class Of : std::uint8_t { nothing, ack, sync };
  Of of = Of::nothing;
  std::int64_t read_ns = 0;  ///< as steady_ns
};

/// A moment of the steady clock, in ns.
inline std::int64_t steady_ns(std::chrono::steady_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

/// How long updates took at this node, from their frame's last byte to what they caused.
struct FrameTimes {
  DurationCounts ack;   ///< … to the write of the local ack, for each that was asked for
  DurationCounts sync;  ///< … to the write of the event, for each other session of the user

  void add(const FrameTimes& other) {
    ack.add(other.ack);
    sync.add(other.sync);
  }
};

/// Counts them on one I/O thread, without locks.
class FrameTimeMeter {
 public:
  /// The frame is handed to the socket at `now_ns`, as steady_ns. On the thread itself.
  void note(const FrameTiming& timing, std::int64_t now_ns) {
    if (timing.of == FrameTiming::Of::nothing) return;
    (timing.of == FrameTiming::Of::ack ? ack_ : sync_).add(now_ns - timing.read_ns);
  }

  /// Any thread.
  FrameTimes times() const { return {ack_.counts(), sync_.counts()}; }

 private:
  DurationMeter ack_;
  DurationMeter sync_;
};

}  // namespace anabranch::transport
