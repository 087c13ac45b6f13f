#include "transport/client/any_stream.h"

#include <boost/asio/bind_executor.hpp>

#include <array>

namespace anabranch::transport {
namespace {

class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(TcpSocket socket) : socket_(std::move(socket)) {}

  void read_some(const ReadBuffers& buffers, Transferred handler) override {
    // Spares the operation the handler's type-erased executor, which is this same one.
    socket_.async_read_some(buffers,
                            asio::bind_executor(socket_.get_executor(), std::move(handler)));
  }

  void write_some(const WriteBuffers& buffers, Transferred handler) override {
    auto count = [this, handler = std::move(handler)](ErrorCode error, std::size_t bytes) mutable {
      written_ += bytes;
      std::move(handler)(error, bytes);
    };
    socket_.async_write_some(buffers, std::move(count));
  }

  void teardown(Done handler) override {
    ErrorCode ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    drain(std::move(handler));
  }

  std::uint64_t written() const override { return written_; }

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
  std::uint64_t written_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> make_tcp_stream(TcpSocket socket) {
  return std::make_unique<TcpStream>(std::move(socket));
}

}  // namespace anabranch::transport
