#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::limits {

// What the durable relay reads and writes. Nothing is checked beyond what it takes to find its way.

/// A client's frame may be so long; what is sent for it then still fits into one frame.
inline constexpr std::size_t max_client_frame_bytes = 60'000;

struct Upgrade {
  std::string answer;  ///< the whole HTTP answer
  std::string user;    ///< as JSON writes it, without its quotes
  std::int64_t expires_at_ms = 0;
};

/// Of a whole HTTP request. The token is believed without a look at its signature. Nothing for what
/// is no upgrade to anabranch.v1.json with a bearer token.
std::optional<Upgrade> read_upgrade(std::string_view request);

/// A frame that a client sent; its payload lies in the bytes that were read, unmasked.
struct ClientFrame {
  enum class Kind { text, close, ping, other };
  Kind kind = Kind::other;
  std::string_view payload;
  std::size_t bytes = 0;  ///< with its header; 0: not all of it is there
};

/// The frame at the begin of `bytes`; nothing for one that is fragmented, not masked or too long.
std::optional<ClientFrame> read_frame(char* bytes, std::size_t size);

/// JSON texts out of `dashboard.state.update`, strings with their quotes.
struct Update {
  std::string_view path;
  std::string_view value;
  std::string_view tab;  ///< empty: none
  std::string_view id;   ///< empty: none
};

/// Nothing for any other event.
std::optional<Update> read_update(std::string_view envelope);

/// What the relay adds to an update.
struct Stamp {
  std::uint64_t version = 0;
  std::string_view timestamp;
  std::uint64_t sequence = 0;  ///< its dot
};

/// WebSocket frames from a server, one after the other, each an array of envelopes. An array ends
/// before it gets longer than a node's does.
class Frames {
 public:
  /// Where an envelope lies in `bytes`.
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  Span add_sync(const Update& update, const Stamp& stamp);
  Span add_ack(const Update& update, const Stamp& stamp);
  void add(std::string_view envelope);
  /// Ends the last frame: `bytes` can be sent.
  void end();
  void clear();

  std::string_view bytes() const { return bytes_; }
  std::string_view at(Span span) const {
    return std::string_view(bytes_).substr(span.begin, span.end - span.begin);
  }

 private:
  void begin_envelope(std::size_t size);

  std::string bytes_;
  std::size_t frame_ = 0;  ///< where the open one begins
  bool is_open_ = false;
};

/// One frame of a text or of a control message that is at most 65,535 bytes long.
std::string single_frame(ClientFrame::Kind kind, std::string_view payload);

std::string auth_ok(const Upgrade& upgrade, std::string_view time);

}  // namespace anabranch::limits
