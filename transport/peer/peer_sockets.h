#pragma once

#include "transport/peer/silence_watch.h"
#include "transport/peer/socket_factory.h"

#include <cstdint>
#include <memory>

namespace anabranch::transport {

/// A socket to one peer that is closed and connected anew when it has been silent for too long.
///
/// CURVE wants the peer's key to be named, and while a peer has two nobody else knows which one it
/// goes by: then the socket tries the other one when its handshake is cut short.
class WatchedSocket {
 public:
  enum class Kind { subscriber, dealer };

  WatchedSocket(Kind kind, std::uint64_t io_slot, std::int64_t limit_ms, std::int64_t now_ms);
  ~WatchedSocket();

  void connect(SocketFactory& sockets, const PeerAddress& peer, std::int64_t now_ms);
  /// The peer that it is connected to has these keys now. False when it must be connected anew,
  /// for the one that it names is not among them.
  bool keep(SocketFactory& sockets, const PeerAddress& peer);

  /// The key that it names has been tried for long enough, and seems not to be the one that the
  /// peer goes by. Never where the peer has only one.
  bool needs_other_key(std::int64_t now_ms);
  /// As `connect`, which came before, by the key of the peer's two that it did not name.
  void connect_by_other_key(SocketFactory& sockets, const PeerAddress& peer, std::int64_t now_ms);

  bool is_silent(std::int64_t now_ms) const { return watch_.expired(now_ms); }
  bool was_heard() const { return watch_.was_heard(); }

  /// False when the message was dropped.
  bool send(std::unique_ptr<CountedBytes> bytes, std::int64_t now_ms);
  /// False when nothing waits.
  bool receive(zmq::message_t& message, std::int64_t now_ms);

  /// Null between a failed `connect` and the next.
  zmq::socket_t* socket() { return socket_.get(); }

 private:
  void reconnect(SocketFactory& sockets, const PeerAddress& peer, const ConnectAttempt& attempt,
                 std::int64_t now_ms);
  void watch_handshakes(SocketFactory& sockets, const PeerAddress& peer);

  const Kind kind_;
  ConnectAttempt next_attempt_;
  std::int64_t connected_at_ms_ = 0;
  SilenceWatch watch_;
  SocketPtr socket_;
  std::unique_ptr<HandshakeWatch> handshakes_;  // only where the peer has two keys
};

/// The two sockets by which this node reaches one peer. Belongs to the link's thread.
struct PeerSockets {
  PeerSockets(PeerAddress peer, std::uint64_t io_slot, std::int64_t limit_ms, std::int64_t now_ms);

  /// Goes on with what may have changed of the peer; false when its sockets must be made anew.
  bool keep(SocketFactory& sockets, const PeerAddress& peer);

  PeerAddress address;
  WatchedSocket subscriber;
  WatchedSocket dealer;
};

}  // namespace anabranch::transport
