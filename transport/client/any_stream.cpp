#include "transport/client/any_stream.h"

#include "base/let_go.h"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace anabranch::transport {
namespace {

/// Closing with bytes unread would reset the connection, and what was written last could be lost
/// with it. (Beast's own teardown stops after the first two kilobytes.)
void drain(TcpSocket& socket, TeardownScratch& scratch, ByteStream::Done handler) {
  if (!scratch) scratch = std::make_unique<TeardownScratch::element_type>();
  auto drop = [&socket, &scratch, handler = std::move(handler)](ErrorCode error,
                                                                std::size_t) mutable {
    if (!error) return drain(socket, scratch, std::move(handler));
    ErrorCode ignored;
    socket.close(ignored);
    std::move(handler)(error == asio::error::eof ? ErrorCode() : error);
  };
  socket.async_read_some(asio::buffer(*scratch), std::move(drop));
}

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

  void wait_readable(std::shared_ptr<Waiter> waiter) override {
    transport::wait_readable(socket_, std::move(waiter));
  }

  void cancel() override {
    ErrorCode ignored;
    socket_.cancel(ignored);
  }

  void teardown(Done handler) override { teardown_tcp(socket_, scratch_, std::move(handler)); }

  std::uint64_t written() const override { return written_; }

  void close() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }

 private:
  TcpSocket socket_;
  TeardownScratch scratch_;
  std::uint64_t written_ = 0;
};

}  // namespace

/// An allocator that Asio does not know. For std::allocator it would take memory that it keeps of
/// finished operations, which may be much larger, and this operation may last for hours.
template <class T>
struct ExactAllocator {
  using value_type = T;
  ExactAllocator() = default;
  template <class U>
  explicit ExactAllocator(const ExactAllocator<U>&) {}
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) { std::allocator<T>().deallocate(memory, count); }
  bool operator==(const ExactAllocator&) const = default;
};

void wait_readable(TcpSocket& socket, std::shared_ptr<ByteStream::Waiter> waiter) {
  auto tell = [waiter = std::move(waiter)](ErrorCode error) { waiter->on_readable(error); };
  socket.async_wait(TcpSocket::wait_read,
                    asio::bind_allocator(ExactAllocator<char>(), std::move(tell)));
}

void teardown_tcp(TcpSocket& socket, TeardownScratch& scratch, ByteStream::Done handler) {
  ErrorCode ignored;
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
  drain(socket, scratch, std::move(handler));
}

std::unique_ptr<ByteStream> make_tcp_stream(TcpSocket socket) {
  return std::make_unique<TcpStream>(std::move(socket));
}

void AnyStream::write_some(const WriteBuffers& buffers, ByteStream::Transferred handler) {
  note_write(buffers);
  const bool hold = std::exchange(hold_next_, false);
  const std::size_t bytes = asio::buffer_size(buffers);
  const bool keep = hold && held_.size() + bytes <= max_held_bytes;
  if (!keep && held_.empty()) return stream_->write_some(buffers, std::move(handler));

  for (const asio::const_buffer& piece : buffers) {
    held_.append(static_cast<const char*>(piece.data()), piece.size());
  }
  auto done = [bytes, handler = std::move(handler)](ErrorCode error) mutable {
    std::move(handler)(error, error ? 0 : bytes);
  };
  if (!keep) return write_held(std::move(done));
  asio::post(executor_, [done = std::move(done)]() mutable { done({}); });
}

/// Writes all that is held.
void AnyStream::write_held(ByteStream::Done handler) {
  auto go_on = [this, handler = std::move(handler)](ErrorCode error, std::size_t bytes) mutable {
    held_.erase(0, bytes);
    if (!error && !held_.empty()) return write_held(std::move(handler));
    let_go(held_);
    std::move(handler)(error);
  };
  stream_->write_some(WriteBuffers(asio::buffer(held_)), std::move(go_on));
}

/// Beast may end the stream when it has written what was to be held.
void AnyStream::teardown(ByteStream::Done handler) {
  if (held_.empty()) return stream_->teardown(std::move(handler));
  write_held([this, handler = std::move(handler)](ErrorCode) mutable {
    stream_->teardown(std::move(handler));
  });
}

void AnyStream::note_read(const ReadBuffers& buffers, std::size_t bytes) {
  for (const asio::mutable_buffer& buffer : buffers) {
    const std::size_t filled = std::min(bytes, buffer.size());
    boundary_.pass(static_cast<const unsigned char*>(buffer.data()), filled);
    bytes -= filled;
  }
}

void AnyStream::note_write(const WriteBuffers& buffers) {
  last_written_ = {};
  if (buffers.begin() == buffers.end()) return;
  const asio::const_buffer& first = *buffers.begin();
  std::memcpy(last_written_.data(), first.data(), std::min(first.size(), last_written_.size()));
}

}  // namespace anabranch::transport
