#include "transport/client/listener.h"

#include "transport/client/http_session.h"
#include "transport/client/tls_stream.h"

#include <boost/asio/post.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <chrono>
#include <utility>

namespace anabranch::transport {
namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, IoExecutor>;

/// How long to wait when no connection can be accepted, for want of file descriptors mostly.
constexpr std::chrono::milliseconds retry_delay{100};

/// How much may wait in the kernel for a client that reads slowly. By default that is megabytes,
/// which neither the send buffer's cap nor the watch on silent clients would know of.
constexpr int unsent_bytes_in_kernel = 128 * 1024;

/// Linux hands these options on to the sockets that are accepted, which spares each two calls.
void prepare(Acceptor& acceptor) {
  ErrorCode ignored;
  acceptor.set_option(tcp::no_delay(true), ignored);
  setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes_in_kernel,
             sizeof unsent_bytes_in_kernel);
}

/// Null where there is no memory for it.
std::unique_ptr<ByteStream> open_stream(TcpSocket socket, const TlsContext* tls) {
  if (tls == nullptr) return make_tcp_stream(std::move(socket));
  return make_tls_stream(std::move(socket), *tls);
}

Result<tcp::endpoint> parse_endpoint(const std::string& text) {
  const auto fault = [&text](const std::string& what) {
    return fail(Errc::io, "cannot listen on \"" + text + "\": " + what);
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return fault("the port is missing, as in 127.0.0.1:8101");
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";

  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return fault("the port is not a number");
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return fault("\"" + host + "\" is not an IP address");
  return tcp::endpoint(address, port);
}

}  // namespace

Listener::Listener(ServerContext& context, const std::vector<std::unique_ptr<IoThread>>& threads)
    : context_(context),
      threads_(threads),
      acceptor_(threads.front()->context()),
      retry_(threads.front()->context()) {}

Result<void> Listener::open(const std::string& address_and_port) {
  const Result<tcp::endpoint> endpoint = parse_endpoint(address_and_port);
  if (!endpoint) return tl::unexpected(endpoint.error());
  ErrorCode error;
  acceptor_.open(endpoint->protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) prepare(acceptor_);
  if (!error) acceptor_.bind(*endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return fail(Errc::in_use, "cannot listen on " + address_and_port +
                                  ": another program does; stop it or choose another port");
  }
  if (error) {
    return fail(Errc::io, "cannot listen on " + address_and_port + ": " + error.message());
  }
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void Listener::start() {
  if (!acceptor_.is_open()) return;
  IoThread& thread = *threads_[next_thread_++ % threads_.size()];
  acceptor_.async_accept(thread.context(), [this, &thread](ErrorCode error, TcpSocket socket) {
    on_accept(error, std::move(socket), thread);
  });
}

void Listener::close() {
  ErrorCode ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

void Listener::on_accept(ErrorCode error, TcpSocket socket, IoThread& thread) {
  if (error == asio::error::operation_aborted) return;
  if (error && error != asio::error::connection_aborted) return retry_later();
  if (!error) serve(std::move(socket), thread);
  start();
}

void Listener::serve(TcpSocket socket, IoThread& thread) {
  if (!context_.sockets.enter(context_.max_sockets())) return;
  asio::post(thread.context(), [this, &thread, socket = std::move(socket)]() mutable {
    const IoExecutor executor = socket.get_executor();
    std::unique_ptr<ByteStream> stream;
    if (!context_.stopping) stream = open_stream(std::move(socket), context_.tls.get().get());
    if (!stream) return context_.sockets.leave();
    start_http_session(context_, thread, AnyStream(executor, std::move(stream)));
  });
}

void Listener::retry_later() {
  retry_.expires_after(retry_delay);
  retry_.async_wait([this](ErrorCode error) {
    if (!error) start();
  });
}

}  // namespace anabranch::transport
