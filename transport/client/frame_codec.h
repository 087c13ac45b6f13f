#pragma once

#include "wire/client_messages.h"

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace anabranch::transport {

enum class FrameKind { text, binary };

/// How envelopes lie in WebSocket frames. Stateless; safe to share between threads.
class FrameCodec {
 public:
  virtual ~FrameCodec() = default;
  /// What a client's frame says, or the error event to answer it with.
  virtual tl::expected<wire::ClientMessage, wire::ErrorEvent> decode(
      FrameKind kind, std::string_view frame) const = 0;
  virtual std::string encode(const wire::ErrorEvent& event) const = 0;
  /// The kind of the frames that the node sends.
  virtual FrameKind kind() const = 0;
};

/// `anabranch.v1.json`: one envelope in each text frame. (Arrays of them are FrameBatch's.)
const FrameCodec& json_frame_codec();

}  // namespace anabranch::transport
