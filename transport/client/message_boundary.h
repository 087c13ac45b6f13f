#pragma once

#include <cstddef>
#include <cstdint>

namespace anabranch::transport {

/// Watches what a client sends over its WebSocket go by, and knows whether it ends where a message
/// does: then whoever reads it holds nothing that is half read. (Beast does not tell.) Judges
/// nothing; what breaks the rules of WebSocket ends the connection anyway.
class MessageBoundary {
 public:
  /// The next bytes in the order of the stream.
  void pass(const unsigned char* data, std::size_t size);

  /// Everything so far was whole messages, or nothing.
  bool is_reached() const { return header_size_ == 0 && payload_left_ == 0 && !in_message_; }

 private:
  void begin_payload();

  std::uint64_t payload_left_ = 0;
  unsigned char header_[10] = {};  ///< without the mask
  std::uint8_t header_size_ = 0;   ///< what has come of it, with the mask
  bool in_message_ = false;        ///< between the fragments of one
};

}  // namespace anabranch::transport
