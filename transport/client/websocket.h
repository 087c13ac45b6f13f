#pragma once

#include "transport/client/any_stream.h"
#include "transport/client/http_request.h"

#include <boost/beast/websocket/rfc6455.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::transport {

/// Whose a Websocket is, and what it is told: how operations ended, and what Beast does by itself.
class WebsocketOwner : public std::enable_shared_from_this<WebsocketOwner> {
 public:
  virtual ~WebsocketOwner() = default;
  virtual void on_accepted(ErrorCode error) = 0;
  /// More of a message has come, and perhaps the rest of it.
  virtual void on_read(ErrorCode error) = 0;
  virtual void on_written(ErrorCode error) = 0;
  virtual void on_pinged() = 0;
  virtual void on_close_sent() = 0;
  /// A ping, a pong or the client's close frame has come.
  virtual void on_control(bool is_close) = 0;
  /// Beast has written its last frame, and begins to tear the stream down.
  virtual void on_teardown() = 0;
  /// It rests now, or could not: what had to wait meanwhile (see may_send) can be sent.
  virtual void on_rested() = 0;
};

/// One connection's WebSocket: Beast's stream, which is put away while nothing goes on, for it
/// takes 3 KB. A resting one has the socket alone; it is awake again when the client sends, or when
/// it is to be written to. The client notices nothing of that.
///
/// At most one read, one write and one ping at a time. Each operation keeps the owner, which has
/// the Websocket as a member, alive. For one thread.
class Websocket final : private ByteStream::Waiter {
 public:
  struct Settings {
    std::size_t max_message_bytes = 0;
    bool compression = false;  ///< offered; such a stream has a past and never rests
    bool text = true;          ///< what is written is
  };
  Websocket(AnyStream stream, const Settings& settings, WebsocketOwner& owner);
  ~Websocket() override;
  Websocket(const Websocket&) = delete;
  Websocket& operator=(const Websocket&) = delete;

  /// Answers the handshake; `protocol` is named in the answer unless empty. `more_follows`: as
  /// with `write`.
  void accept(const HttpRequest& request, const std::string& protocol,
              std::chrono::milliseconds timeout, bool more_follows);

  /// Waits for more of a message. One that rests does so anyway.
  void read();
  /// A whole message has come, and not been dropped yet.
  bool has_message() const;
  std::string_view message() const;  ///< so far
  bool is_text() const;              ///< the message
  void drop_message();

  /// False while it goes to rest: on_rested comes soon.
  bool may_send() const { return !is_going_to_rest_; }
  /// One message. Where `more_follows` at once it need not leave before the next one.
  void write(std::string_view text, bool more_follows);
  void ping();
  void close(const beast::websocket::close_reason& reason);
  /// Cuts the connection.
  void abort();

  /// Goes to rest if nothing is going on: nothing half read, nothing being written. `is_resting`
  /// tells later.
  void rest();
  bool is_resting() const { return resting_ != nullptr; }

  bool is_open() const;                ///< neither side has begun to close, the stream is whole
  std::uint64_t written() const;       ///< bytes
  std::uint16_t clients_code() const;  ///< of the client's close frame
  std::optional<std::uint16_t> close_code_written() const;

 private:
  struct Awake;

  void configure();
  void on_read(ErrorCode error);
  void put_away();
  void on_readable(ErrorCode error) override;
  void be_awake();
  void wake();

  const Settings settings_;
  WebsocketOwner& owner_;
  const IoExecutor executor_;
  std::unique_ptr<Awake> awake_;         // either this one,
  std::unique_ptr<ByteStream> resting_;  // or this one
  bool is_going_to_rest_ = false;
};

}  // namespace anabranch::transport
