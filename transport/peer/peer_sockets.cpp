#include "transport/peer/peer_sockets.h"

#include <zmq.hpp>

#include <utility>

namespace anabranch::transport {

WatchedSocket::WatchedSocket(Kind kind, std::uint64_t io_slot, std::int64_t limit_ms,
                             std::int64_t now_ms)
    : kind_(kind),
      next_attempt_{io_slot, 0},
      watch_(
          kind == Kind::subscriber ? SilenceWatch::Expects::stream : SilenceWatch::Expects::answers,
          limit_ms, now_ms) {}

WatchedSocket::~WatchedSocket() = default;

void WatchedSocket::connect(SocketFactory& sockets, const PeerAddress& peer, std::int64_t now_ms) {
  socket_.reset();
  // First, so that a failure to connect is tried again only after the limit.
  watch_.rebuilt(now_ms);
  const ConnectAttempt attempt = next_attempt_;
  ++next_attempt_.number;
  socket_ = kind_ == Kind::subscriber ? sockets.connect_subscriber(peer, attempt)
                                      : sockets.connect_dealer(peer, attempt);
}

bool WatchedSocket::send(std::unique_ptr<CountedBytes> bytes, std::int64_t now_ms) {
  watch_.spoke(now_ms);
  return socket_ && send_now(*socket_, to_message(std::move(bytes)));
}

bool WatchedSocket::receive(zmq::message_t& message, std::int64_t now_ms) {
  if (!socket_ || !receive_now(*socket_, message)) return false;
  watch_.heard(now_ms);
  return true;
}

PeerSockets::PeerSockets(PeerAddress peer, std::uint64_t io_slot, std::int64_t limit_ms,
                         std::int64_t now_ms)
    : address(std::move(peer)),
      subscriber(WatchedSocket::Kind::subscriber, io_slot, limit_ms, now_ms),
      dealer(WatchedSocket::Kind::dealer, io_slot, limit_ms, now_ms) {}

}  // namespace anabranch::transport
