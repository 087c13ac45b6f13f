#pragma once

#include "load/time.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anabranch::load {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// The stream beneath a client's WebSocket: TCP, or TLS over it.
///
/// It makes few system calls of many small frames: a read takes all that the socket has, from which
/// Beast is then served, and what Beast writes lies here until `flush`. So Beast may be used
/// synchronously for writing; that never waits.
class SocketStream {
 public:
  using Executor = asio::io_context::executor_type;
  using executor_type = Executor;
  using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
  using Done = asio::any_completion_handler<void(ErrorCode)>;

  /// `tls`: null for plain TCP; outlives the stream.
  SocketStream(asio::io_context& context, asio::ssl::context* tls);

  /// While an operation of its own is pending, the stream keeps `owner` alive.
  void belong_to(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  Executor get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }

  /// TLS's handshake with `host`, or at once nothing. Errors are the certificate's too.
  void handshake(const std::string& host, Done done);

  void flush();
  std::size_t unsent_bytes() const { return gathered_.size() + leaving_.size(); }
  /// When the bytes that Beast gets now were taken from the socket.
  Nanoseconds received_at() const { return received_at_; }
  /// Resets the connection. Pending operations end with an error.
  void close();

  // For Beast:

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, const asio::mutable_buffer& buffer) {
          if (unread_.empty()) return fill(buffer, Transferred(std::move(handler)));
          const std::size_t bytes = take(buffer);
          asio::post(get_executor(), [handler = std::move(handler), bytes]() mutable {
            std::move(handler)(ErrorCode(), bytes);
          });
        },
        token, first_of(buffers));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, std::size_t bytes) {
          flush();
          asio::post(get_executor(), [handler = std::move(handler), bytes]() mutable {
            std::move(handler)(ErrorCode(), bytes);
          });
        },
        token, gather(buffers));
  }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, ErrorCode& error) {
    error = {};
    return gather(buffers);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return gather(buffers);
  }

  /// Beast wants them to be there for its synchronous calls; they are not used.
  template <class Buffers>
  std::size_t read_some(const Buffers&, ErrorCode& error) {
    error = asio::error::operation_not_supported;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&) {
    return 0;
  }

 private:
  using Transferred = asio::any_completion_handler<void(ErrorCode, std::size_t)>;
  using Tls = asio::ssl::stream<Socket&>;

  template <class Buffers>
  static asio::mutable_buffer first_of(const Buffers& buffers) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      const asio::mutable_buffer buffer(*it);
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  template <class Buffers>
  std::size_t gather(const Buffers& buffers) {
    const std::size_t before = gathered_.size();
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      const asio::const_buffer buffer(*it);
      gathered_.append(static_cast<const char*>(buffer.data()), buffer.size());
    }
    return gathered_.size() - before;
  }

  void fill(asio::mutable_buffer into, Transferred handler);
  void on_filled(ErrorCode error, std::size_t bytes);
  std::size_t take(asio::mutable_buffer into);
  void on_sent(ErrorCode error);

  std::weak_ptr<void> owner_;
  Socket socket_;
  std::optional<Tls> tls_;

  std::unique_ptr<char[]> inbox_;
  std::string_view unread_;  // of inbox_
  asio::mutable_buffer wanted_;
  Transferred reader_;
  Nanoseconds received_at_ = 0;

  std::string gathered_;
  std::string leaving_;
  bool sending_ = false;

  // Beast finds these by argument-dependent lookup.

  friend void beast_close_socket(SocketStream& stream) { stream.close(); }
  friend void teardown(boost::beast::role_type, SocketStream& stream, ErrorCode& error) {
    error = {};
    stream.close();
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type, SocketStream& stream, Handler&& handler) {
    stream.close();
    asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
      std::move(handler)(ErrorCode());
    });
  }
};

}  // namespace anabranch::load
