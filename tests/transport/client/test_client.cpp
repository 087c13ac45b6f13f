#include "tests/transport/client/test_client.h"

#include "tests/transport/client/fakes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace anabranch::transport {
namespace {

constexpr int patience_ms = 30000;

[[noreturn]] void fail_with(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void wait_for(int socket, short events) {
  pollfd entry{socket, events, 0};
  const int ready = poll(&entry, 1, patience_ms);
  if (ready == 0) throw std::runtime_error("the test client waited in vain");
  if (ready < 0) fail_with("poll");
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first);
}

std::string big_endian(std::uint64_t number, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((number >> (8 * i)) & 0xFF);
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

Received::Kind kind_of(unsigned opcode) {
  switch (opcode) {
    case TestClient::text_opcode:
      return Received::Kind::text;
    case TestClient::binary_opcode:
      return Received::Kind::binary;
    case TestClient::close_opcode:
      return Received::Kind::close;
    case TestClient::ping_opcode:
      return Received::Kind::ping;
    case TestClient::pong_opcode:
      return Received::Kind::pong;
    default:
      throw std::runtime_error("the server sent a frame of an unknown kind");
  }
}

}  // namespace

bool over_tls() { return std::getenv("ANABRANCH_TEST_TLS") != nullptr; }

/// The client's side of TLS over a connected socket.
struct TestClient::Tls {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> owned_context{
      SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> owned_connection{nullptr, &SSL_free};
  SSL_CTX* const context = owned_context.get();
  SSL* connection = nullptr;

  Tls(int socket, const TlsTerms& terms) {
    trust(terms.trusted);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (terms.version != 0) {
      SSL_CTX_set_security_level(context, 0);
      SSL_CTX_set_min_proto_version(context, terms.version);
      SSL_CTX_set_max_proto_version(context, terms.version);
    }
    owned_connection.reset(SSL_new(context));
    connection = owned_connection.get();
    SSL_set_fd(connection, socket);
    SSL_set1_host(connection, "localhost");
    SSL_set_alpn_protos(connection, reinterpret_cast<const unsigned char*>(terms.protocols.data()),
                        static_cast<unsigned>(terms.protocols.size()));
    resume(terms.session);
    if (SSL_connect(connection) != 1) {
      const char* const reason = ERR_reason_error_string(ERR_get_error());
      throw std::runtime_error(std::string("no TLS: ") + (reason != nullptr ? reason : "cut"));
    }
  }

  void trust(const std::string& pem) {
    BIO* const reader = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    X509* const certificate = PEM_read_bio_X509(reader, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
    BIO_free(reader);
  }
  void resume(const std::string& session) {
    if (session.empty()) return;
    const auto* data = reinterpret_cast<const unsigned char*>(session.data());
    SSL_SESSION* const former = d2i_SSL_SESSION(nullptr, &data, static_cast<long>(session.size()));
    SSL_set_session(connection, former);
    SSL_SESSION_free(former);
  }
};

TestClient::TestClient(std::uint16_t port, int receive_buffer) {
  connect_socket(port, receive_buffer);
  if (over_tls()) begin_tls({test_certificate().certificate});
}

TestClient::TestClient(std::uint16_t port, const TlsTerms& terms, int receive_buffer) {
  connect_socket(port, receive_buffer);
  begin_tls(terms);
}

void TestClient::begin_tls(const TlsTerms& terms) {
  try {
    tls_ = std::make_unique<Tls>(socket_, terms);
  } catch (...) {
    close(socket_);
    throw;
  }
}

void TestClient::connect_socket(std::uint16_t port, int receive_buffer) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) fail_with("socket");
  if (receive_buffer != 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const timeval patience{patience_ms / 1000, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail_with("connect");
  }
}

TestClient::~TestClient() { close(socket_); }

void TestClient::send_bytes(std::string_view bytes) {
  if (tls_ && !bytes.empty()) {
    const int sent = SSL_write(tls_->connection, bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) fail_with("SSL_write");
    return;
  }
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      wait_for(socket_, POLLOUT);
    } else {
      fail_with("send");
    }
  }
}

HttpReply TestClient::request(std::string_view method, std::string_view target,
                              std::string_view headers, std::string_view body, bool has_body) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: node\r\n").append(headers);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text.append("\r\n").append(body);
  send_bytes(text);
  return read_reply(has_body);
}

HttpReply TestClient::read_reply(bool has_body) {
  std::size_t end = 0;
  while ((end = inbox_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) throw std::runtime_error("the connection ended before the reply");
  }
  const std::string head = inbox_.substr(0, end + 2);
  inbox_.erase(0, end + 4);
  HttpReply reply;
  reply.status = std::stoi(head.substr(head.find(' ')));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::string line = head.substr(at, line_end - at);
    const std::size_t colon = line.find(':');
    reply.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
    at = line_end + 2;
  }
  const auto length = reply.headers.find("content-length");
  if (has_body && length != reply.headers.end()) {
    if (!take(std::stoul(length->second), reply.body)) throw std::runtime_error("a cut reply");
  }
  return reply;
}

HttpReply TestClient::upgrade(std::string_view headers, std::string_view target) {
  return request("GET", target,
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                     std::string(headers));
}

void TestClient::send_frame(unsigned opcode, std::string_view payload, bool last) {
  constexpr std::string_view mask = "\x01\x02\x03\x04";
  std::string frame(1, static_cast<char>(opcode | (last ? 0x80U : 0U)));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(0x80U | 126U);
    frame += big_endian(payload.size(), 2);
  } else {
    frame += static_cast<char>(0x80U | 127U);
    frame += big_endian(payload.size(), 8);
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  send_bytes(frame);
}

Received TestClient::receive() {
  std::string head;
  if (!take(2, head)) return {};
  Received received;
  const auto first = static_cast<unsigned char>(head[0]);
  received.compressed = (first & 0x40U) != 0;
  received.kind = kind_of(first & 0x0FU);
  std::uint64_t length = static_cast<unsigned char>(head[1]);
  if (length >= 126) {
    std::string extended;
    if (!take(length == 126 ? 2 : 8, extended)) return {};
    length = from_big_endian(extended);
  }
  if (!take(length, received.data)) return {};
  if (received.kind == Received::Kind::close && received.data.size() >= 2) {
    received.close_code = static_cast<int>(from_big_endian(received.data.substr(0, 2)));
    received.data.erase(0, 2);
  }
  return received;
}

std::string TestClient::receive_text() {
  while (true) {
    Received received = receive();
    if (received.kind == Received::Kind::text) return received.data;
    if (received.kind != Received::Kind::ping) {
      throw std::runtime_error("no text came, but the end or a close frame with code " +
                               std::to_string(received.close_code));
    }
    send_frame(pong_opcode, received.data);
  }
}

Received TestClient::receive_close() {
  while (true) {
    Received received = receive();
    if (received.kind == Received::Kind::end) {
      throw std::runtime_error("the connection ended without a close frame");
    }
    if (received.kind != Received::Kind::close) continue;
    answer_close();
    if (!ended()) throw std::runtime_error("the server went on after the close handshake");
    return received;
  }
}

void TestClient::answer_close() { send_frame(close_opcode, big_endian(1000, 2)); }

void TestClient::read_slowly(std::chrono::milliseconds duration, std::size_t bytes) {
  using SteadyClock = std::chrono::steady_clock;
  const auto start = SteadyClock::now();
  const std::size_t before = inbox_.size();
  for (auto spent = SteadyClock::duration(0); spent < duration;
       spent = SteadyClock::now() - start) {
    const auto due = static_cast<std::size_t>(static_cast<double>(bytes) *
                                              std::chrono::duration<double>(spent).count() /
                                              std::chrono::duration<double>(duration).count());
    while (inbox_.size() < before + due && fill()) continue;
    poll(nullptr, 0, 10);
  }
}

bool TestClient::readable_within(std::chrono::milliseconds patience) {
  if (tls_ && SSL_pending(tls_->connection) > 0) return true;
  pollfd entry{socket_, POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(patience.count())) > 0;
}

bool TestClient::was_told_of_end() const {
  return (SSL_get_shutdown(tls_->connection) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TestClient::resumed() const { return SSL_session_reused(tls_->connection) == 1; }

std::string TestClient::version() const { return SSL_get_version(tls_->connection); }

std::string TestClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls_->connection, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

void TestClient::renew_keys() {
  if (SSL_key_update(tls_->connection, SSL_KEY_UPDATE_REQUESTED) != 1) fail_with("SSL_key_update");
}

std::string TestClient::session() const {
  SSL_SESSION* const session = SSL_get0_session(tls_->connection);
  std::string bytes(static_cast<std::size_t>(i2d_SSL_SESSION(session, nullptr)), '\0');
  auto* data = reinterpret_cast<unsigned char*>(bytes.data());
  i2d_SSL_SESSION(session, &data);
  return bytes;
}

std::string TestClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(inbox_, {});
}

bool TestClient::ended() { return inbox_.empty() && !fill(); }

/// False at the end of the connection; a reset is an end too.
bool TestClient::fill() {
  if (!tls_ || SSL_pending(tls_->connection) == 0) wait_for(socket_, POLLIN);
  char buffer[65536];
  const ssize_t count = tls_ ? SSL_read(tls_->connection, buffer, sizeof buffer)
                             : recv(socket_, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  inbox_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

bool TestClient::take(std::size_t count, std::string& out) {
  while (inbox_.size() < count) {
    if (!fill()) return false;
  }
  out = inbox_.substr(0, count);
  inbox_.erase(0, count);
  return true;
}

}  // namespace anabranch::transport
