#pragma once

#include "transport/client/message_boundary.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace anabranch::transport {

namespace asio = boost::asio;
namespace beast = boost::beast;

using ErrorCode = boost::system::error_code;
using IoExecutor = asio::io_context::executor_type;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;

/// The first pieces of any buffer sequence, by value: what one read or write uses of it. Empty
/// pieces are left out, so that a write never moves zero bytes while there are some to move.
template <class Buffer, std::size_t Capacity>
class FewBuffers {
 public:
  template <class Sequence>
  explicit FewBuffers(const Sequence& sequence) {
    const auto end = asio::buffer_sequence_end(sequence);
    for (auto i = asio::buffer_sequence_begin(sequence); i != end && count_ < Capacity; ++i) {
      const Buffer buffer(*i);
      if (buffer.size() != 0) items_[count_++] = buffer;
    }
  }
  const Buffer* begin() const { return items_.data(); }
  const Buffer* end() const { return items_.data() + count_; }

 private:
  std::array<Buffer, Capacity> items_;
  std::size_t count_ = 0;
};

using ReadBuffers = FewBuffers<asio::mutable_buffer, 2>;
using WriteBuffers = FewBuffers<asio::const_buffer, 16>;

/// A connected byte stream: TCP, or whatever runs over it. Handlers are called on the
/// stream's own executor, never from within the call that starts the operation.
class ByteStream {
 public:
  using Transferred = asio::any_completion_handler<void(ErrorCode, std::size_t)>;
  using Done = asio::any_completion_handler<void(ErrorCode)>;

  /// Who waits for a stream to be readable.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    virtual void on_readable(ErrorCode error) = 0;
  };

  virtual ~ByteStream() = default;
  virtual void read_some(const ReadBuffers& buffers, Transferred handler) = 0;
  virtual void write_some(const WriteBuffers& buffers, Transferred handler) = 0;
  /// Waits until there is something to read, or the stream has ended. So thousands wait at once:
  /// it takes little memory, and none that is larger than it need be.
  virtual void wait_readable(std::shared_ptr<Waiter> waiter) = 0;
  /// Ends a pending read or wait with operation_aborted, unless it has got something already.
  /// There is no write pending.
  virtual void cancel() = 0;
  /// Ends the stream in good order: what was written arrives, what the peer still sends is
  /// dropped, until the peer ends it too. Has no deadline of its own.
  virtual void teardown(Done handler) = 0;
  /// How many bytes have been written so far.
  virtual std::uint64_t written() const = 0;
  /// Cuts it at once; pending operations end with an error.
  virtual void close() = 0;
};

std::unique_ptr<ByteStream> make_tcp_stream(TcpSocket socket);

/// ByteStream::wait_readable of all streams.
void wait_readable(TcpSocket& socket, std::shared_ptr<ByteStream::Waiter> waiter);

/// Where what still comes is dropped to; made when the first bytes are.
using TeardownScratch = std::unique_ptr<std::array<char, 4096>>;
/// ByteStream::teardown of plain TCP. Socket and scratch outlive the operation.
void teardown_tcp(TcpSocket& socket, TeardownScratch& scratch, ByteStream::Done handler);

/// The one stream type that HTTP and WebSocket code is instantiated for. Those templates are
/// expensive to compile; what lies beneath is chosen at run time.
class AnyStream {
 public:
  using executor_type = IoExecutor;

  AnyStream(IoExecutor executor, std::unique_ptr<ByteStream> stream)
      : executor_(std::move(executor)), stream_(std::move(stream)) {}

  executor_type get_executor() const noexcept { return executor_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, const ReadBuffers& few) {
          is_reading_ = true;
          stream_->read_some(few, [this, few, handler = std::move(handler)](
                                      ErrorCode error, std::size_t bytes) mutable {
            is_reading_ = false;
            note_read(few, bytes);
            std::move(handler)(error, bytes);
          });
        },
        token, ReadBuffers(buffers));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, const WriteBuffers& few) {
          is_writing_ = true;
          write_some(few, [this, handler = std::move(handler)](ErrorCode error,
                                                               std::size_t bytes) mutable {
            is_writing_ = false;
            std::move(handler)(error, bytes);
          });
        },
        token, WriteBuffers(buffers));
  }

  /// Drops what is written at once by Beast's `accept`, and only that is written so: the answer to
  /// a handshake that the client has had already.
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, ErrorCode& error) {
    error = {};
    return beast::buffer_bytes(buffers);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return beast::buffer_bytes(buffers);
  }
  /// Beast wants these to be there; they are not used.
  template <class Buffers>
  std::size_t read_some(const Buffers&, ErrorCode& error) {
    error = asio::error::operation_not_supported;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&) {
    return 0;
  }

  /// From here on the client sends WebSocket frames.
  void begin_frames() { boundary_ = {}; }
  /// A read waits for the client's next message, of which nothing has come, and nothing is written.
  bool is_quiet() const {
    return is_reading_ && !is_writing_ && held_.empty() && boundary_.is_reached();
  }
  /// Ends the pending read of a quiet stream with operation_aborted, unless it has got something.
  void cancel_read() { stream_->cancel(); }
  /// What lies beneath. Nothing is pending, and the stream is not used any more.
  std::unique_ptr<ByteStream> release() { return std::move(stream_); }

  /// The next write need not reach the socket before the one after it, for which the caller is
  /// ready: its bytes are kept, up to `max_held_bytes`, and go out together with those.
  void let_next_write_wait(bool may_wait) { hold_next_ = may_wait; }
  static constexpr std::size_t max_held_bytes = 72 << 10;

  void teardown(ByteStream::Done handler);

  /// `callback` is told when Beast, after the last WebSocket frame, begins to tear the stream down.
  void on_teardown(std::function<void()> callback) { on_teardown_ = std::move(callback); }

  std::uint64_t written() const { return stream_->written(); }
  void close() { stream_->close(); }

  /// The code of the WebSocket close frame that was written last; nothing where it was another
  /// frame. (Beast closes by itself because of what a client sent, and does not say with which
  /// code.)
  std::optional<std::uint16_t> close_code_written() const {
    constexpr unsigned close_frame = 0x88;
    if (last_written_[0] != close_frame || last_written_[1] < 2) return {};
    return static_cast<std::uint16_t>(last_written_[2] << 8 | last_written_[3]);
  }

 private:
  void write_some(const WriteBuffers& buffers, ByteStream::Transferred handler);
  void write_held(ByteStream::Done handler);
  void note_write(const WriteBuffers& buffers);
  void note_read(const ReadBuffers& buffers, std::size_t bytes);

  IoExecutor executor_;
  std::unique_ptr<ByteStream> stream_;
  std::function<void()> on_teardown_;
  std::string held_;  ///< of earlier writes, which are done as far as their callers know
  bool hold_next_ = false;
  bool is_reading_ = false;
  bool is_writing_ = false;
  MessageBoundary boundary_;
  std::array<unsigned char, 4> last_written_{};  ///< the first bytes of it

  // Beast finds these two by argument-dependent lookup.

  friend void beast_close_socket(AnyStream& stream) { stream.close(); }

  template <class Handler>
  friend void async_teardown(beast::role_type, AnyStream& stream, Handler&& handler) {
    stream.teardown(ByteStream::Done(std::forward<Handler>(handler)));
    if (stream.on_teardown_) stream.on_teardown_();
  }
};

}  // namespace anabranch::transport
