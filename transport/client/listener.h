#pragma once

#include "base/result.h"
#include "transport/client/any_stream.h"
#include "transport/client/io_thread.h"
#include "transport/client/server_context.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::transport {

/// Accepts connections on the first of a server's threads and deals them out to all in turn.
/// Outlives the running of the threads.
class Listener {
 public:
  Listener(ServerContext& context, const std::vector<std::unique_ptr<IoThread>>& threads);

  /// Binds and listens; connections wait in the kernel until `start`.
  Result<void> open(const std::string& address_and_port);
  std::uint16_t port() const { return port_; }

  // On the first thread:

  void start();
  void close();

 private:
  void on_accept(ErrorCode error, TcpSocket socket, IoThread& thread);
  void serve(TcpSocket socket, IoThread& thread);
  void retry_later();

  ServerContext& context_;
  const std::vector<std::unique_ptr<IoThread>>& threads_;
  asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor> acceptor_;
  asio::steady_timer retry_;
  std::size_t next_thread_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace anabranch::transport
