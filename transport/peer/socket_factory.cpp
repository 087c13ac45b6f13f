#include "transport/peer/socket_factory.h"

#include "base/random.h"
#include "wire/limits.h"

#include <zmq.hpp>

namespace anabranch::transport {
namespace {

// libzmq counts in messages what it keeps for each connection; the bytes are bounded by a
// ByteBudget on our way out, and by the size limits below on the way in.
constexpr int publish_queue_messages = 10'000;
constexpr int queue_messages = 1'000;

// What comes in by PUB are subscriptions, and ours is empty. What comes in by ROUTER are requests,
// of which a version vector with every origin is the biggest part.
constexpr std::int64_t max_subscription_bytes = 1024;
constexpr std::int64_t max_request_bytes = 1 << 20;
constexpr auto max_message_bytes = static_cast<std::int64_t>(wire::max_peer_message_bytes);

constexpr int reconnect_ms = 100;
constexpr int reconnect_max_ms = 1'000;
constexpr int connect_timeout_ms = 2'000;
constexpr int handshake_ms = 4'000;
// After so long with unacknowledged data the kernel gives a connection up (TCP_USER_TIMEOUT).
constexpr int tcp_give_up_ms = 10'000;
constexpr int keepalive_idle_s = 10;
constexpr int keepalive_interval_s = 5;
constexpr int keepalive_count = 3;

// libzmq looks host names up on its I/O threads, one after the other: a name whose server does not
// answer holds its thread up for many seconds. Our own two sockets have a thread for themselves,
// and the peers share the others.
constexpr int listening_threads = 1;
constexpr int connecting_threads = 4;

std::uint64_t threads_of(const ConnectAttempt& attempt) {
  return std::uint64_t{1} << (listening_threads + attempt.io_slot % connecting_threads);
}

bool names_ipv6_address(const std::string& endpoint) {
  return endpoint.find('[') != std::string::npos;
}

bool names_ipv4_address(const std::string& endpoint) {
  const std::size_t host = endpoint.find("://");
  if (host == std::string::npos) return false;
  return endpoint.find_first_not_of("0123456789.:", host + 3) == std::string::npos;
}

// libzmq tries a single address of a host name, and with IPv6 on an IPv6 one if there is any. So
// that neither kind keeps the other from being found, the attempts alternate.
bool wants_ipv6(const std::string& endpoint, const ConnectAttempt& attempt) {
  if (names_ipv6_address(endpoint)) return true;
  return !names_ipv4_address(endpoint) && attempt.number % 2 == 1;
}

// A ROUTER tells connections apart by this. Unguessable, so that nobody can take another's place.
std::string random_routing_id() {
  SystemRandom random;
  std::string id = "n";  // libzmq keeps ids that begin with a zero byte for itself
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t number = random.next();
    id.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return id;
}

Error explain_bind(const std::string& endpoint, const zmq::error_t& error) {
  if (error.num() == EADDRINUSE) {
    return {Errc::in_use, "cannot listen for peers on " + endpoint +
                              ": the port is taken, perhaps by another node on this machine"};
  }
  const bool makes_no_sense = error.num() == EINVAL || error.num() == EPROTONOSUPPORT ||
                              error.num() == ENODEV || error.num() == EADDRNOTAVAIL;
  return {makes_no_sense ? Errc::invalid_config : Errc::io,
          "cannot listen for peers on " + endpoint + ": " + error.what() +
              "; it must look like tcp://0.0.0.0:7401 with an address of this machine"};
}

Result<SocketFactory::Bound> bind_to(SocketPtr socket, const std::string& endpoint) {
  try {
    socket->set(zmq::sockopt::ipv6, names_ipv6_address(endpoint));
    socket->bind(endpoint);
    std::string bound = socket->get(zmq::sockopt::last_endpoint);
    return SocketFactory::Bound{std::move(socket), std::move(bound)};
  } catch (const zmq::error_t& error) {
    return tl::unexpected<Error>(explain_bind(endpoint, error));
  }
}

void release_bytes(void* /*data*/, void* hint) {
  const std::unique_ptr<CountedBytes> bytes(static_cast<CountedBytes*>(hint));
  bytes->take_over();
}

}  // namespace

SocketFactory::SocketFactory(CurveKeys keys)
    : keys_(std::move(keys)),
      context_(std::make_unique<zmq::context_t>(listening_threads + connecting_threads)) {}

SocketFactory::~SocketFactory() = default;

void SocketFactory::use_keys(CurveKeys keys) { keys_ = std::move(keys); }

Result<SocketFactory::Bound> SocketFactory::bind_publisher(const std::string& endpoint) {
  SocketPtr socket = make_listening(ZMQ_PUB);
  socket->set(zmq::sockopt::sndhwm, publish_queue_messages);
  socket->set(zmq::sockopt::maxmsgsize, max_subscription_bytes);
  return bind_to(std::move(socket), endpoint);
}

Result<SocketFactory::Bound> SocketFactory::bind_router(const std::string& endpoint) {
  SocketPtr socket = make_listening(ZMQ_ROUTER);
  socket->set(zmq::sockopt::maxmsgsize, max_request_bytes);
  // Else a message that cannot be delivered vanishes without a word.
  socket->set(zmq::sockopt::router_mandatory, true);
  // A peer that comes back under its id replaces the dead connection that still holds it.
  socket->set(zmq::sockopt::router_handover, true);
  return bind_to(std::move(socket), endpoint);
}

SocketPtr SocketFactory::bind_authenticator() {
  SocketPtr socket = make(ZMQ_REP, 1);
  socket->bind(zap_endpoint);
  return socket;
}

SocketPtr SocketFactory::connect_subscriber(const PeerAddress& peer,
                                            const ConnectAttempt& attempt) {
  SocketPtr socket = make_connecting(ZMQ_SUB, attempt);
  socket->set(zmq::sockopt::ipv6, wants_ipv6(peer.publish, attempt));
  // Once and to everything: subscriptions are messages too, and each one could get lost.
  socket->set(zmq::sockopt::subscribe, "");
  socket->connect(peer.publish);
  return socket;
}

SocketPtr SocketFactory::connect_dealer(const PeerAddress& peer, const ConnectAttempt& attempt) {
  SocketPtr socket = make_connecting(ZMQ_DEALER, attempt);
  socket->set(zmq::sockopt::ipv6, wants_ipv6(peer.sync, attempt));
  socket->set(zmq::sockopt::routing_id, random_routing_id());
  socket->connect(peer.sync);
  return socket;
}

std::unique_ptr<HandshakeWatch> SocketFactory::watch_handshakes(zmq::socket_t& socket) {
  const std::string address = "inproc://handshakes-" + std::to_string(watches_ever_++);
  return std::make_unique<HandshakeWatch>(socket, address);
}

// No ZMQ_HEARTBEAT_*: with a finite queue and a slow reader they abort the process in libzmq 4.3
// (zeromq/libzmq 3937, 4767). SilenceWatch does their work.
SocketPtr SocketFactory::make(int type, std::uint64_t io_threads) {
  auto socket = std::make_unique<zmq::socket_t>(*context_, type);
  socket->set(zmq::sockopt::linger, 0);
  socket->set(zmq::sockopt::affinity, io_threads);
  socket->set(zmq::sockopt::sndhwm, queue_messages);
  socket->set(zmq::sockopt::rcvhwm, queue_messages);
  socket->set(zmq::sockopt::maxmsgsize, max_message_bytes);
  socket->set(zmq::sockopt::handshake_ivl, handshake_ms);
  socket->set(zmq::sockopt::tcp_maxrt, tcp_give_up_ms);
  socket->set(zmq::sockopt::tcp_keepalive, 1);
  socket->set(zmq::sockopt::tcp_keepalive_idle, keepalive_idle_s);
  socket->set(zmq::sockopt::tcp_keepalive_intvl, keepalive_interval_s);
  socket->set(zmq::sockopt::tcp_keepalive_cnt, keepalive_count);
  return socket;
}

SocketPtr SocketFactory::make_listening(int type) {
  SocketPtr socket = make(type, (std::uint64_t{1} << listening_threads) - 1);
  if (!encrypted()) return socket;
  socket->set(zmq::sockopt::curve_server, true);
  socket->set(zmq::sockopt::curve_secretkey, keys_.secret_key);
  socket->set(zmq::sockopt::zap_domain, "anabranch");
  return socket;
}

SocketPtr SocketFactory::make_connecting(int type, const ConnectAttempt& attempt) {
  SocketPtr socket = make(type, threads_of(attempt));
  socket->set(zmq::sockopt::reconnect_ivl, reconnect_ms);
  socket->set(zmq::sockopt::reconnect_ivl_max, reconnect_max_ms);
  socket->set(zmq::sockopt::connect_timeout, connect_timeout_ms);
  if (!encrypted()) return socket;
  socket->set(zmq::sockopt::curve_serverkey, attempt.server_key);
  socket->set(zmq::sockopt::curve_publickey, keys_.public_key);
  socket->set(zmq::sockopt::curve_secretkey, keys_.secret_key);
  return socket;
}

zmq::message_t to_message(std::unique_ptr<CountedBytes> bytes) {
  bytes->hand_over();
  std::string& text = bytes->bytes();
  void* const data = text.data();
  const std::size_t size = text.size();
  return zmq::message_t(data, size, &release_bytes, bytes.release());
}

bool send_now(zmq::socket_t& socket, zmq::message_t message, bool more) {
  const auto flags =
      more ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
  try {
    return socket.send(message, flags).has_value();
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return false;
    throw;
  }
}

bool receive_now(zmq::socket_t& socket, zmq::message_t& message) {
  return socket.recv(message, zmq::recv_flags::dontwait).has_value();
}

}  // namespace anabranch::transport
