#pragma once

#include "transport/client/connection_mailbox.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::transport {

/// What a session has taken out of its mailbox to write at one go: one WebSocket frame after the
/// other, or, for a client that takes arrays, one that holds all of it. For one thread.
class FrameBatch {
 public:
  /// How much is taken at one go; a single event may be larger.
  static constexpr std::size_t max_bytes = 64 << 10;

  /// `arrays`: the client takes a JSON array of envelopes in one frame.
  void use_arrays(bool arrays) { arrays_ = arrays; }

  /// True from `begin` until `finish`.
  bool is_writing() const { return is_writing_; }

  /// Begins the next frame, of what has been taken or else of what the mailbox has now, and notes
  /// its timing. False where there is none.
  bool begin(ConnectionMailbox& mailbox, FrameTimeMeter& times);

  /// The frame begun last; valid until `finish`.
  std::string_view text() const { return joined_.empty() ? *events_[next_].frame : joined_; }

  /// Further frames have been taken, so that `begin` will succeed once more.
  bool more() const { return past_ < events_.size(); }

  /// The frame begun last has been written, or cannot be.
  void finish();

  /// How many bytes of text it has memory for.
  std::size_t text_capacity() const { return joined_.capacity(); }

 private:
  void join();

  std::vector<ConnectionMailbox::Outgoing> events_;
  std::string joined_;    ///< the array; empty where the frame is a single event
  std::size_t next_ = 0;  ///< the first of the events in the frame begun last, or of those left
  std::size_t past_ = 0;  ///< … and the one past its last
  bool arrays_ = false;
  bool is_writing_ = false;
};

}  // namespace anabranch::transport
