#include "tests/transport/peer/tcp_proxy.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace anabranch::transport::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int to, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(to, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

TcpProxy::TcpProxy(const std::string& target)
    : target_port_(static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1)))) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  ANABRANCH_CHECK(bind(listener_, any, size) == 0);
  ANABRANCH_CHECK(listen(listener_, 64) == 0);
  ANABRANCH_CHECK(getsockname(listener_, any, &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread(&TcpProxy::accept_all, this);
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (Connection& connection : connections_) {
    shut(connection);
    connection.upstream.join();
    connection.downstream.join();
    close(connection.client);
    close(connection.server);
  }
}

std::string TcpProxy::endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

void TcpProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) shut(connection);
}

void TcpProxy::forget() {
  const std::lock_guard lock(mutex_);
  for (Connection& connection : connections_) connection.forgotten = true;
}

void TcpProxy::stall() {
  stalled_ = true;
  forget();
}

void TcpProxy::accept_all() {
  while (!stopping_) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    ++accepted_;
    start(client);
  }
}

void TcpProxy::start(int client) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(target_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(server);
    close(client);
    return;
  }
  const std::lock_guard lock(mutex_);
  Connection& connection = connections_.emplace_back();
  connection.client = client;
  connection.server = server;
  connection.forgotten = stalled_.load();
  connection.upstream =
      std::thread([&connection, client, server] { pump(connection, client, server); });
  connection.downstream =
      std::thread([&connection, client, server] { pump(connection, server, client); });
}

// What comes over a forgotten connection is still taken, as the end's kernel must not notice.
void TcpProxy::pump(Connection& connection, int from, int to) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    if (connection.forgotten) continue;
    if (!send_all(to, buffer.data(), static_cast<std::size_t>(got))) break;
  }
  if (!connection.forgotten) shut(connection);
}

void TcpProxy::shut(Connection& connection) {
  shutdown(connection.client, SHUT_RDWR);
  shutdown(connection.server, SHUT_RDWR);
}

}  // namespace anabranch::transport::testing
