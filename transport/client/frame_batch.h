#pragma once

#include "transport/client/connection_mailbox.h"
#include "wire/limits.h"

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
  static constexpr std::size_t max_bytes = wire::max_array_bytes;

  /// `arrays`: the client takes a JSON array of envelopes in one frame.
  void use_arrays(bool arrays) { arrays_ = arrays; }

  /// True from `begin` until `finish`.
  bool is_writing() const { return is_writing_; }

  /// Begins the next frame, of what has been taken or else of what the mailbox has now, and notes
  /// its timing. False where there is none.
  bool begin(ConnectionMailbox& mailbox, FrameTimeMeter& times);

  /// The frame begun last; valid until `finish`.
  std::string_view text() const;

  /// Further frames have been taken, so that `begin` will succeed once more.
  bool more() const;

  /// The frame begun last has been written, or cannot be.
  void finish();

  /// How many bytes of text it has memory for.
  std::size_t text_capacity() const { return joined_.capacity(); }

 private:
  void note(FrameTimeMeter& times) const;
  void join();
  void finish_all();

  std::vector<Frame> taken_;
  std::string joined_;  ///< the array of several; empty where one's text is written as it is
  // Where the client takes no arrays, the event to write:
  std::size_t frame_ = 0;  ///< its place in taken_
  std::size_t event_ = 0;  ///< … and in that
  bool arrays_ = false;
  bool is_writing_ = false;
};

}  // namespace anabranch::transport
