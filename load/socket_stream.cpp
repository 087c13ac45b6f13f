#include "load/socket_stream_detail.h"

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

namespace anabranch::load {

namespace {

/// What one read may take. Pages of it that no read has reached cost nothing; the kernel clears
/// those that one does, which is dear where each of thousands of connections gets much.
constexpr std::size_t inbox_bytes = 64 << 10;

}  // namespace

SocketStream::SocketStream(asio::io_context& context, asio::ssl::context* tls) : socket_(context) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
}

void SocketStream::handshake(const std::string& host, Done done) {
  if (!tls_) return std::move(done)(ErrorCode());
  std::string name = host;  // the library's macro for this casts by C's rules
  SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           name.data());
  tls_->set_verify_callback(asio::ssl::host_name_verification(host));
  tls_->async_handshake(
      asio::ssl::stream_base::client,
      [done = std::move(done)](ErrorCode error) mutable { std::move(done)(error); });
}

void SocketStream::fill(asio::mutable_buffer into, Transferred handler) {
  if (!inbox_) inbox_ = std::make_unique_for_overwrite<char[]>(inbox_bytes);
  wanted_ = into;
  reader_.swap(handler);  // Boost 1.81 has a move assignment that wraps the handler in itself
  const auto filled = [this](ErrorCode error, std::size_t bytes) { on_filled(error, bytes); };
  const auto buffer = asio::buffer(inbox_.get(), inbox_bytes);
  if (tls_) {
    tls_->async_read_some(buffer, filled);
  } else {
    socket_.async_read_some(buffer, filled);
  }
}

void SocketStream::on_filled(ErrorCode error, std::size_t bytes) {
  received_at_ = now();
  unread_ = {inbox_.get(), bytes};
  const std::size_t taken = take(wanted_);
  Transferred reader;
  reader.swap(reader_);
  std::move(reader)(error, taken);
}

std::size_t SocketStream::take(asio::mutable_buffer into) {
  const std::size_t bytes = asio::buffer_copy(into, asio::buffer(unread_));
  unread_.remove_prefix(bytes);
  return bytes;
}

void SocketStream::flush() {
  if (sending_ || gathered_.empty()) return;
  sending_ = true;
  std::swap(gathered_, leaving_);
  const auto sent = [this, owner = owner_.lock()](ErrorCode error, std::size_t) { on_sent(error); };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(leaving_), sent);
  } else {
    asio::async_write(socket_, asio::buffer(leaving_), sent);
  }
}

/// A connection that broke is found out by the read that always waits.
void SocketStream::on_sent(ErrorCode error) {
  sending_ = false;
  leaving_.clear();
  if (!error) flush();
}

void SocketStream::close() {
  ErrorCode ignored;
  ignored = socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  ignored = socket_.close(ignored);
}

}  // namespace anabranch::load
