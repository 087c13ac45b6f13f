#pragma once

#include "transport/peer/silence_watch.h"
#include "transport/peer/socket_factory.h"

#include <cstdint>
#include <memory>

namespace anabranch::transport {

/// A socket to one peer that is closed and connected anew when it has been silent for too long.
class WatchedSocket {
 public:
  enum class Kind { subscriber, dealer };

  WatchedSocket(Kind kind, std::uint64_t io_slot, std::int64_t limit_ms, std::int64_t now_ms);
  ~WatchedSocket();

  void connect(SocketFactory& sockets, const PeerAddress& peer, std::int64_t now_ms);
  bool is_silent(std::int64_t now_ms) const { return watch_.expired(now_ms); }
  bool was_heard() const { return watch_.was_heard(); }

  /// False when the message was dropped.
  bool send(std::unique_ptr<CountedBytes> bytes, std::int64_t now_ms);
  /// False when nothing waits.
  bool receive(zmq::message_t& message, std::int64_t now_ms);

  /// Null between a failed `connect` and the next.
  zmq::socket_t* socket() { return socket_.get(); }

 private:
  const Kind kind_;
  ConnectAttempt next_attempt_;
  SilenceWatch watch_;
  SocketPtr socket_;
};

/// The two sockets by which this node reaches one peer. Belongs to the link's thread.
struct PeerSockets {
  PeerSockets(PeerAddress peer, std::uint64_t io_slot, std::int64_t limit_ms, std::int64_t now_ms);

  const PeerAddress address;
  WatchedSocket subscriber;
  WatchedSocket dealer;
};

}  // namespace anabranch::transport
