#include "transport/peer/peer_sockets.h"

#include <zmq.hpp>

#include <utility>

namespace anabranch::transport {
namespace {

// A peer that is down behind a proxy cuts every handshake short, whichever key is named.
constexpr std::int64_t key_trial_ms = 500;

bool has_key(const PeerAddress& peer, const std::string& key) {
  return key == peer.public_key || (!key.empty() && key == peer.next_public_key);
}

}  // namespace

WatchedSocket::WatchedSocket(Kind kind, std::uint64_t io_slot, std::int64_t limit_ms,
                             std::int64_t now_ms)
    : kind_(kind),
      next_attempt_{io_slot, 0, {}},
      watch_(
          kind == Kind::subscriber ? SilenceWatch::Expects::stream : SilenceWatch::Expects::answers,
          limit_ms, now_ms) {}

WatchedSocket::~WatchedSocket() = default;

void WatchedSocket::connect(SocketFactory& sockets, const PeerAddress& peer, std::int64_t now_ms) {
  std::string& key = next_attempt_.server_key;
  if (!has_key(peer, key)) key = peer.public_key;
  const ConnectAttempt attempt = next_attempt_;
  ++next_attempt_.number;
  reconnect(sockets, peer, attempt, now_ms);
}

bool WatchedSocket::keep(SocketFactory& sockets, const PeerAddress& peer) {
  if (!has_key(peer, next_attempt_.server_key)) return false;
  watch_handshakes(sockets, peer);
  return true;
}

bool WatchedSocket::needs_other_key(std::int64_t now_ms) {
  return handshakes_ && handshakes_->last_failed() && now_ms - connected_at_ms_ >= key_trial_ms;
}

void WatchedSocket::connect_by_other_key(SocketFactory& sockets, const PeerAddress& peer,
                                         std::int64_t now_ms) {
  std::string& key = next_attempt_.server_key;
  key = key == peer.public_key ? peer.next_public_key : peer.public_key;
  // The host was reached, so its address was right: the attempt is the last one over again.
  ConnectAttempt attempt = next_attempt_;
  --attempt.number;
  reconnect(sockets, peer, attempt, now_ms);
}

void WatchedSocket::reconnect(SocketFactory& sockets, const PeerAddress& peer,
                              const ConnectAttempt& attempt, std::int64_t now_ms) {
  handshakes_.reset();
  socket_.reset();
  // First, so that a failure to connect is tried again only after the limit.
  watch_.rebuilt(now_ms);
  connected_at_ms_ = now_ms;
  socket_ = kind_ == Kind::subscriber ? sockets.connect_subscriber(peer, attempt)
                                      : sockets.connect_dealer(peer, attempt);
  watch_handshakes(sockets, peer);
}

void WatchedSocket::watch_handshakes(SocketFactory& sockets, const PeerAddress& peer) {
  if (peer.next_public_key.empty()) {
    handshakes_.reset();
  } else if (socket_ && !handshakes_) {
    handshakes_ = sockets.watch_handshakes(*socket_);
  }
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

bool PeerSockets::keep(SocketFactory& sockets, const PeerAddress& peer) {
  if (peer.publish != address.publish || peer.sync != address.sync) return false;
  if (!subscriber.keep(sockets, peer) || !dealer.keep(sockets, peer)) return false;
  address = peer;
  return true;
}

}  // namespace anabranch::transport
