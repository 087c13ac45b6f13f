#include "transport/client/frame_codec.h"
#include "wire/client_json.h"

namespace anabranch::transport {
namespace {

class JsonFrameCodec final : public FrameCodec {
 public:
  tl::expected<wire::ClientMessage, wire::ErrorEvent> decode(
      FrameKind kind, std::string_view frame) const override {
    if (kind == FrameKind::text) return wire::decode_client_frame(frame);
    wire::ErrorEvent error;
    error.code = wire::ErrorCode::invalid_json;
    error.message = "this connection speaks JSON in text frames, and this was a binary frame";
    return tl::unexpected(std::move(error));
  }

  std::string encode(const wire::ErrorEvent& event) const override {
    return wire::encode(wire::ClientEvent(event), no_cursors_);
  }

  FrameKind kind() const override { return FrameKind::text; }

 private:
  // Error events carry no cursor, so nothing is ever sealed with it.
  wire::CursorCodec no_cursors_{{}, {}};
};

}  // namespace

const FrameCodec& json_frame_codec() {
  static const JsonFrameCodec codec;
  return codec;
}

}  // namespace anabranch::transport
