#pragma once

#include "base/result.h"
#include "transport/peer/byte_budget.h"
#include "transport/peer/curve_keys.h"
#include "transport/peer/handshake_watch.h"
#include "transport/peer/peer_link.h"

#include <cstdint>
#include <memory>
#include <string>

namespace zmq {
class context_t;
class message_t;
class socket_t;
}  // namespace zmq

namespace anabranch::transport {

using SocketPtr = std::unique_ptr<zmq::socket_t>;

/// The in-process address at which libzmq asks who may connect (ZeroMQ RFC 27).
inline constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";

/// One attempt to reach a peer.
struct ConnectAttempt {
  std::uint64_t io_slot = 0;    ///< peers with different slots do not wait for each other
  std::uint64_t number = 0;     ///< 0 for the first
  std::string server_key = {};  ///< the key that the peer is taken to go by; empty: plain text
};

/// Makes this node's ZeroMQ sockets with every option they need, and owns their context. The
/// sockets must be closed before it goes. Not safe for use by two threads at once.
///
/// `bind_publisher` and `bind_router` return errors of the endpoint; all else throws zmq::error_t,
/// for instance when no file descriptor is left.
class SocketFactory {
 public:
  /// `keys` without a secret key: plain text.
  explicit SocketFactory(CurveKeys keys);
  ~SocketFactory();
  SocketFactory(const SocketFactory&) = delete;
  SocketFactory& operator=(const SocketFactory&) = delete;

  bool encrypted() const { return !keys_.secret_key.empty(); }
  /// The sockets that are made from now on go by these keys.
  void use_keys(CurveKeys keys);

  struct Bound {
    SocketPtr socket;
    std::string endpoint;  ///< with the real port
  };
  Result<Bound> bind_publisher(const std::string& endpoint);
  Result<Bound> bind_router(const std::string& endpoint);
  SocketPtr bind_authenticator();

  SocketPtr connect_subscriber(const PeerAddress& peer, const ConnectAttempt& attempt);
  SocketPtr connect_dealer(const PeerAddress& peer, const ConnectAttempt& attempt);
  std::unique_ptr<HandshakeWatch> watch_handshakes(zmq::socket_t& socket);

 private:
  SocketPtr make(int type, std::uint64_t io_threads);
  SocketPtr make_listening(int type);
  SocketPtr make_connecting(int type, const ConnectAttempt& attempt);

  CurveKeys keys_;
  std::unique_ptr<zmq::context_t> context_;
  std::uint64_t watches_ever_ = 0;
};

/// Gives the bytes to libzmq without copying them.
zmq::message_t to_message(std::unique_ptr<CountedBytes> bytes);
/// Sends without waiting; false when the message had to be dropped.
bool send_now(zmq::socket_t& socket, zmq::message_t message, bool more = false);
/// Receives without waiting; false when there is nothing.
bool receive_now(zmq::socket_t& socket, zmq::message_t& message);

}  // namespace anabranch::transport
