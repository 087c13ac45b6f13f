#include "transport/client/tls_stream.h"

#include "base/check.h"

#include <boost/asio/post.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace anabranch::transport {
namespace {

/// What fits into one record of TLS.
constexpr std::size_t record_bytes = 16 << 10;

// ---- the socket as OpenSSL sees it: its own kind of BIO would raise SIGPIPE

bool is_temporary(int reason) {
  return reason == EAGAIN || reason == EWOULDBLOCK || reason == EINTR;
}

int descriptor_of(BIO* bio) { return static_cast<TcpSocket*>(BIO_get_data(bio))->native_handle(); }

int send_bytes(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      ::send(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && is_temporary(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_bytes(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(descriptor_of(bio), data, static_cast<std::size_t>(size), 0);
  if (received < 0 && is_temporary(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(received);
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is kept back
}

BIO_METHOD* make_socket_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  ANABRANCH_CHECK(method != nullptr);
  BIO_meth_set_write(method, &send_bytes);
  BIO_meth_set_read(method, &receive_bytes);
  BIO_meth_set_ctrl(method, &control);
  return method;
}

BIO* make_bio(TcpSocket& socket) {
  static BIO_METHOD* const method = make_socket_method();
  BIO* const bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

// ---- the stream

struct FreeConnection {
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using TlsConnection = std::unique_ptr<SSL, FreeConnection>;

/// OpenSSL reads and writes the socket itself and says when it has to wait. (Asio's own TLS stream
/// keeps 70 KB for each connection, most of it buffers, which is a lot for one that is idle.)
class TlsStream final : public ByteStream {
 public:
  TlsStream(TcpSocket socket, TlsConnection connection)
      : socket_(std::move(socket)), connection_(std::move(connection)) {}

  /// False where there is no memory for it, or the socket is broken.
  bool open() {
    BIO* const bio = make_bio(socket_);
    if (bio == nullptr) return false;
    SSL_set_bio(connection_.get(), bio, bio);
    SSL_set_accept_state(connection_.get());
    ErrorCode error;
    socket_.native_non_blocking(true, error);
    return !error;
  }

  // The first of these does the handshake too.
  void read_some(const ReadBuffers& buffers, Transferred handler) override {
    start(
        [this, buffers](std::size_t& moved) {
          if (buffers.begin() == buffers.end()) return 1;
          const asio::mutable_buffer& into = *buffers.begin();
          return SSL_read_ex(connection_.get(), into.data(), into.size(), &moved);
        },
        std::move(handler));
  }

  void write_some(const WriteBuffers& buffers, Transferred handler) override {
    start(
        [this, buffers](std::size_t& moved) {
          const int done = write(buffers, moved);
          written_ += moved;
          return done;
        },
        std::move(handler));
  }

  void wait_readable(std::shared_ptr<Waiter> waiter) override {
    transport::wait_readable(socket_, std::move(waiter));
  }

  void cancel() override {
    is_cancelled_ = true;  // for what was told to try again, and has not done so yet
    ErrorCode ignored;
    socket_.cancel(ignored);
  }

  /// Says that nothing more comes; whether the peer says so too before it hangs up does not matter.
  void teardown(Done handler) override {
    auto end_tcp = [this, handler = std::move(handler)](ErrorCode, std::size_t) mutable {
      teardown_tcp(socket_, scratch_, std::move(handler));
    };
    start([this](std::size_t&) { return SSL_shutdown(connection_.get()) >= 0 ? 1 : -1; },
          Transferred(std::move(end_tcp)));
  }

  std::uint64_t written() const override { return written_; }

  void close() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }

 private:
  struct Outcome {
    std::optional<TcpSocket::wait_type> wait = {};  ///< to be tried again after that
    ErrorCode error = {};
    std::size_t moved = 0;
  };

  /// `act` does one of OpenSSL's calls, 1 where it succeeds.
  template <class Act>
  Outcome attempt(Act& act) {
    ERR_clear_error();
    Outcome outcome;
    const int done = act(outcome.moved);
    const int system_error = errno;
    if (done == 1) return outcome;
    switch (SSL_get_error(connection_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        outcome.wait = TcpSocket::wait_read;
        break;
      case SSL_ERROR_WANT_WRITE:
        outcome.wait = TcpSocket::wait_write;
        break;
      case SSL_ERROR_ZERO_RETURN:
        outcome.error = asio::error::eof;
        break;
      case SSL_ERROR_SYSCALL:
        outcome.error = ErrorCode(system_error, boost::system::system_category());
        if (!outcome.error) outcome.error = asio::error::eof;
        break;
      default:
        outcome.error = boost::system::errc::make_error_code(boost::system::errc::protocol_error);
    }
    return outcome;
  }

  template <class Act>
  void start(Act act, Transferred handler) {
    is_cancelled_ = false;
    const Outcome outcome = attempt(act);
    if (outcome.wait) return wait(*outcome.wait, std::move(act), std::move(handler));
    // Handlers are not called from within the call that starts the operation.
    asio::post(socket_.get_executor(), [outcome, handler = std::move(handler)]() mutable {
      std::move(handler)(outcome.error, outcome.moved);
    });
  }

  template <class Act>
  void wait(TcpSocket::wait_type what, Act act, Transferred handler) {
    auto go_on = [this, act = std::move(act),
                  handler = std::move(handler)](ErrorCode error) mutable {
      if (error) return std::move(handler)(error, 0);
      const Outcome outcome = attempt(act);
      if (outcome.wait && is_cancelled_) {
        return std::move(handler)(asio::error::operation_aborted, 0);
      }
      if (outcome.wait) return wait(*outcome.wait, std::move(act), std::move(handler));
      std::move(handler)(outcome.error, outcome.moved);
    };
    socket_.async_wait(what, std::move(go_on));
  }

  /// Small pieces go out in one record. What is tried again must be the same bytes, and is.
  int write(const WriteBuffers& buffers, std::size_t& moved) {
    if (buffers.begin() == buffers.end()) return 1;
    const asio::const_buffer& first = *buffers.begin();
    if (buffers.begin() + 1 == buffers.end() || first.size() >= record_bytes) {
      return SSL_write_ex(connection_.get(), first.data(), first.size(), &moved);
    }
    std::array<char, record_bytes> record;
    std::size_t size = 0;
    for (const asio::const_buffer& piece : buffers) {
      const std::size_t taken = std::min(piece.size(), record.size() - size);
      std::memcpy(record.data() + size, piece.data(), taken);
      size += taken;
    }
    return SSL_write_ex(connection_.get(), record.data(), size, &moved);
  }

  TcpSocket socket_;
  TlsConnection connection_;  // goes before the socket, which it uses
  TeardownScratch scratch_;
  std::uint64_t written_ = 0;
  bool is_cancelled_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> make_tls_stream(TcpSocket socket, const TlsContext& context) {
  TlsConnection connection(SSL_new(context.native()));
  if (!connection) return nullptr;
  auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(connection));
  if (!stream->open()) return nullptr;
  return stream;
}

}  // namespace anabranch::transport
