#include "transport/client/any_stream.h"

#include <array>
#include <boost/asio/bind_executor.hpp>

namespace anabranch::transport {
namespace {

class TcpStream final : public ByteStream {
 private:
  /// Spares the operations the type-erased executor of `handler`, which is this one.
  template <class Handler>
  auto here(Handler handler) {
    return asio::bind_executor(socket_.get_executor(), std::move(handler));
  }

 public:
  explicit TcpStream(TcpSocket socket) : socket_(std::move(socket)) {}

  void read_some(const ReadBuffers& buffers, Transferred handler) override {
    socket_.async_read_some(buffers, here(std::move(handler)));
  }

  void write_some(const WriteBuffers& buffers, Transferred handler) override {
    socket_.async_write_some(buffers, here(std::move(handler)));
  }

  void teardown(Done handler) override {
    ErrorCode ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    drain(std::move(handler));
  }

  void close() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }

 private:
  /// Closing with bytes unread would reset the connection, and what was written last could be lost
  /// with it. (Beast's own teardown stops after the first two kilobytes.)
  void drain(Done handler) {
    if (!scratch_) scratch_ = std::make_unique<Scratch>();
    auto drop = [this, handler = std::move(handler)](ErrorCode error, std::size_t) mutable {
      if (!error) return drain(std::move(handler));
      close();
      std::move(handler)(error == asio::error::eof ? ErrorCode() : error);
    };
    socket_.async_read_some(asio::buffer(*scratch_), std::move(drop));
  }

  using Scratch = std::array<char, 4096>;

  TcpSocket socket_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace

std::unique_ptr<ByteStream> make_tcp_stream(TcpSocket socket) {
  return std::make_unique<TcpStream>(std::move(socket));
}

}  // namespace anabranch::transport
