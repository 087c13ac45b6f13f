#pragma once

#include "base/clock.h"
#include "transport/peer/inbound_check.h"
#include "transport/peer/operator_log.h"
#include "transport/peer/own_sockets.h"
#include "transport/peer/peer_outbox.h"
#include "transport/peer/peer_sockets.h"
#include "transport/peer/socket_factory.h"
#include "transport/peer/zap_authenticator.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::transport {

/// PeerLinkStats as the threads count them.
struct PeerLinkCounters {
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> unsent{0};
  std::atomic<std::uint64_t> rebuilt{0};
};

/// What the link's thread does: holds every socket, gives what comes in to the handler, sends what
/// the outbox holds, rebuilds silent sockets. Made by one thread, run and used by one other.
class PeerLoop {
 public:
  /// Binds. The outbox, the counters and the clock outlive the loop.
  static Result<std::unique_ptr<PeerLoop>> open(PeerLinkOptions options, PeerHandler handler,
                                                PeerOutbox& outbox, PeerLinkCounters& counters,
                                                const Clock& clock);
  ~PeerLoop();

  const std::string& publish_endpoint() const { return own_->publish_endpoint(); }
  const std::string& sync_endpoint() const { return own_->sync_endpoint(); }

  /// Until the outbox says stop.
  void run();

 private:
  PeerLoop(PeerLinkOptions options, PeerHandler handler, PeerOutbox& outbox,
           PeerLinkCounters& counters, const Clock& clock);

  std::int64_t now_ms() const { return clock_.now().monotonic_ms; }
  void attempt(void (PeerLoop::*step)());
  void wait();
  void take_in();
  void take_publications(PeerSockets& peer);
  void take_answers(PeerSockets& peer);
  void take_requests();
  void take_request(OwnSockets::Request& request);
  void deliver(wire::PeerEnvelope envelope);
  void refuse(std::string_view whose, const std::string& why);

  void send_out();
  bool send(OutboundMessage& message);

  void tend_all();
  void report_unsent();
  void use_keys(CurveKeys keys);
  void use_peers(std::vector<PeerAddress> peers);
  bool may_connect(const PeerAddress& peer);
  bool keep_peer(PeerSockets& sockets, const PeerAddress& peer);
  void add_peer(PeerAddress peer);
  using Connect = void (WatchedSocket::*)(SocketFactory&, const PeerAddress&, std::int64_t);
  void connect(WatchedSocket& socket, const PeerAddress& peer,
               Connect how = &WatchedSocket::connect);
  void tend(WatchedSocket& socket, const PeerAddress& peer, const std::string& endpoint);
  void change_key(WatchedSocket& socket, const PeerAddress& peer, const std::string& endpoint);
  void rebuild_if_silent(WatchedSocket& socket, const PeerAddress& peer,
                         const std::string& endpoint);
  void reopen_own_sockets();

  const PeerLinkOptions options_;
  const PeerHandler handler_;
  PeerOutbox& outbox_;
  PeerLinkCounters& counters_;
  const Clock& clock_;
  OperatorLog log_;

  // The sockets are declared after the factory, which owns their context.
  SocketFactory sockets_;
  std::unique_ptr<ZapAuthenticator> authenticator_;  // only where encrypted
  std::unique_ptr<OwnSockets> own_;
  std::map<std::string, std::unique_ptr<PeerSockets>> peers_;  // by name
  std::uint64_t peers_ever_ = 0;
  std::uint64_t unsent_reported_ = 0;
  bool stopping_ = false;
};

}  // namespace anabranch::transport
