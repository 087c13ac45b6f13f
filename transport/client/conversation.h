#pragma once

#include "transport/client/connection_mailbox.h"
#include "transport/client/frame_codec.h"
#include "transport/client/server_context.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::transport {

/// What one connection's frames mean, without its socket: authentication, renewal, refusals, and
/// what reaches the sink. Everything it says to the client goes through the mailbox, or through the
/// sink once the connection is open. For one thread.
class Conversation {
 public:
  /// `context`, which outlives it, has a sink and an authenticator.
  Conversation(const ServerContext& context, std::shared_ptr<ConnectionMailbox> mailbox);

  /// The client has proven who it is.
  void open(const Identity& identity);

  /// Takes the client's next frame, read at `read_ns`. True when it went to the sink, which will
  /// answer it.
  bool on_frame(FrameKind kind, std::string_view frame, std::int64_t read_ns);

  /// The connection is gone: tells the sink, if it knows of the connection. The sink hears nothing
  /// more of it afterwards.
  void end();

  bool is_open() const { return is_open_; }

  /// Whose connection it is, or was; empty before it was open.
  const UserId& user() const { return user_; }

  /// When the token expires, in Unix time; nothing before the connection is open.
  std::optional<std::int64_t> expires_at_ms() const;

  /// How long the token still serves; 0 or less when it has expired. Only while open.
  std::int64_t milliseconds_to_expiry() const;

 private:
  using Decoded = tl::expected<wire::ClientMessage, wire::ErrorEvent>;

  Decoded decode(FrameKind kind, std::string_view frame) const;
  void on_first_frames(const Decoded& decoded);
  void authenticate(const wire::Auth& auth);
  void renew(const wire::Auth& auth);
  void refuse_renewal(const std::string& why);
  void refuse_here(const wire::ErrorEvent& error);
  void refuse_in_turn(wire::ErrorEvent error);

  const ServerContext& context_;
  const std::shared_ptr<ConnectionMailbox> mailbox_;
  UserId user_;
  std::int64_t expires_at_ms_ = 0;
  bool is_open_ = false;
};

}  // namespace anabranch::transport
