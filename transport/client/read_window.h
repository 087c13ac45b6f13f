#pragma once

#include "transport/client/fifo.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace anabranch::transport {

/// What a connection has asked and not been answered yet. While it is full the session reads no
/// further, and TCP holds the client back.
class ReadWindow {
 public:
  static constexpr std::size_t max_frames = 256;
  static constexpr std::size_t max_bytes = 1 << 20;

  void add(std::size_t bytes) {
    sizes_.push(bytes);
    ++frames_;
    bytes_ += bytes;
  }

  /// The `count` oldest frames have been answered.
  void answered(std::size_t count) {
    for (count = std::min(count, frames_); count > 0; --count) {
      bytes_ -= sizes_.pop();
      --frames_;
    }
  }

  bool empty() const { return frames_ == 0; }

  bool full() const { return frames_ >= max_frames || bytes_ >= max_bytes; }

 private:
  Fifo<std::size_t> sizes_;
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace anabranch::transport
