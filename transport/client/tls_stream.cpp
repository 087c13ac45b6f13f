#include "transport/client/tls_stream.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <openssl/ssl.h>

#include <utility>

namespace anabranch::transport {
namespace {

namespace ssl = asio::ssl;

class TlsStream final : public ByteStream {
 public:
  /// Takes `connection` over.
  TlsStream(TcpSocket socket, SSL* connection) : stream_(std::move(socket), connection) {}

  void read_some(const ReadBuffers& buffers, Transferred handler) override {
    if (is_open_) return read(buffers, std::move(handler));
    auto read_then = [this, buffers, handler = std::move(handler)](ErrorCode error) mutable {
      if (error) return std::move(handler)(error, 0);
      is_open_ = true;
      read(buffers, std::move(handler));
    };
    stream_.async_handshake(ssl::stream_base::server, std::move(read_then));
  }

  void write_some(const WriteBuffers& buffers, Transferred handler) override {
    auto count = [this, handler = std::move(handler)](ErrorCode error, std::size_t bytes) mutable {
      written_ += bytes;
      std::move(handler)(error, bytes);
    };
    stream_.async_write_some(buffers, std::move(count));
  }

  /// Both ends say that nothing more comes; then TCP is ended as ever. A peer that just hangs up
  /// makes the first half fail, and the second one succeed at once.
  void teardown(Done handler) override {
    auto end_tcp = [this, handler = std::move(handler)](ErrorCode) mutable {
      teardown_tcp(socket(), scratch_, std::move(handler));
    };
    stream_.async_shutdown(std::move(end_tcp));
  }

  std::uint64_t written() const override { return written_; }

  void close() override {
    ErrorCode ignored;
    socket().close(ignored);
  }

 private:
  TcpSocket& socket() { return stream_.next_layer(); }

  void read(const ReadBuffers& buffers, Transferred handler) {
    stream_.async_read_some(buffers,
                            asio::bind_executor(socket().get_executor(), std::move(handler)));
  }

  ssl::stream<TcpSocket> stream_;
  TeardownScratch scratch_;
  bool is_open_ = false;
  std::uint64_t written_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> make_tls_stream(TcpSocket socket, const TlsContext& context) {
  SSL* const connection = SSL_new(context.native());
  if (connection == nullptr) return nullptr;
  return std::make_unique<TlsStream>(std::move(socket), connection);
}

}  // namespace anabranch::transport
