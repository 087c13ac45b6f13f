#include "transport/peer/peer_loop.h"

#include "base/check.h"

#include <signal.h>
#include <zmq.hpp>

#include <chrono>
#include <thread>
#include <utility>

namespace anabranch::transport {
namespace {

// How often silent sockets are looked for when nothing happens.
constexpr std::chrono::milliseconds tick{100};
// How often the own sockets' ports are tried while they are not free yet.
constexpr std::chrono::milliseconds reopen_tick{10};
// What one socket may be drained of before it is the others' turn.
constexpr int messages_per_turn = 256;

// The program's signals are for the threads that wait for them.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

zmq::pollitem_t readable(zmq::socket_t& socket) { return {socket.handle(), 0, ZMQ_POLLIN, 0}; }

std::string_view text_of(const zmq::message_t& message) {
  return {static_cast<const char*>(message.data()), message.size()};
}

}  // namespace

PeerLoop::PeerLoop(PeerLinkOptions options, PeerHandler handler, PeerOutbox& outbox,
                   PeerLinkCounters& counters, const Clock& clock)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      outbox_(outbox),
      counters_(counters),
      clock_(clock),
      log_(options_.log),
      sockets_(CurveKeys{options_.secret_key, options_.public_key}) {}

PeerLoop::~PeerLoop() = default;

Result<std::unique_ptr<PeerLoop>> PeerLoop::open(PeerLinkOptions options, PeerHandler handler,
                                                 PeerOutbox& outbox, PeerLinkCounters& counters,
                                                 const Clock& clock) {
  try {
    std::unique_ptr<PeerLoop> loop(
        new PeerLoop(std::move(options), std::move(handler), outbox, counters, clock));
    // The authenticator comes first: from the moment the ports are open libzmq may ask it.
    if (loop->sockets_.encrypted()) {
      loop->authenticator_ = std::make_unique<ZapAuthenticator>(loop->sockets_);
    }
    Result<OwnSockets> own =
        OwnSockets::bind(loop->sockets_, loop->options_.listen_publish, loop->options_.listen_sync);
    if (!own) return tl::unexpected<Error>(std::move(own.error()));
    loop->own_ = std::make_unique<OwnSockets>(std::move(*own));
    loop->use_peers(loop->options_.peers);
    return loop;
  } catch (const zmq::error_t& error) {
    return fail(Errc::io, std::string("cannot make the sockets for peers: ") + error.what());
  }
}

void PeerLoop::run() {
  block_signals();
  while (!stopping_) {
    attempt(&PeerLoop::wait);
    attempt(&PeerLoop::take_in);
    attempt(&PeerLoop::send_out);
    attempt(&PeerLoop::tend_all);
  }
}

// A step that fails keeps none of the others from being done, above all not from ending.
void PeerLoop::attempt(void (PeerLoop::*step)()) {
  try {
    (this->*step)();
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return;
    log_.say_rarely(OperatorLog::Topic::socket, now_ms(),
                    std::string("trouble with the sockets for peers: ") + error.what());
    std::this_thread::sleep_for(tick);
  }
}

void PeerLoop::tend_all() {
  if (!own_->is_open()) reopen_own_sockets();
  for (auto& [name, peer] : peers_) {
    tend(peer->subscriber, peer->address, peer->address.publish);
    tend(peer->dealer, peer->address, peer->address.sync);
  }
  report_unsent();
}

// Only waits: which sockets have something is found out by asking each, for what one of them
// brings in may change what the next one has.
void PeerLoop::wait() {
  std::vector<zmq::pollitem_t> items = {{nullptr, outbox_.wake_descriptor(), ZMQ_POLLIN, 0}};
  if (authenticator_) items.push_back(readable(authenticator_->socket()));
  if (own_->is_open()) {
    items.push_back(readable(own_->router()));
    // Nothing is ever received from a PUB, but new subscriptions are noticed while it is polled.
    items.push_back(readable(own_->publisher()));
  }
  for (auto& [name, peer] : peers_) {
    if (peer->subscriber.socket()) items.push_back(readable(*peer->subscriber.socket()));
    if (peer->dealer.socket()) items.push_back(readable(*peer->dealer.socket()));
  }
  zmq::poll(items, own_->is_open() ? tick : reopen_tick);
}

// Subscriptions first: what is not taken from them in time is lost.
void PeerLoop::take_in() {
  if (authenticator_) authenticator_->answer_questions();
  for (auto& [name, peer] : peers_) take_publications(*peer);
  for (auto& [name, peer] : peers_) take_answers(*peer);
  take_requests();
}

void PeerLoop::take_publications(PeerSockets& peer) {
  const InboundRules rules{PeerChannel::publications, options_.cluster, peer.address.name};
  zmq::message_t message;
  for (int i = 0; i < messages_per_turn && peer.subscriber.receive(message, now_ms()); ++i) {
    Result<wire::PeerEnvelope> read = read_inbound(text_of(message), rules);
    if (read) {
      deliver(std::move(*read));
    } else {
      refuse(peer.address.name + "'s publications", read.error().message);
    }
  }
}

void PeerLoop::take_answers(PeerSockets& peer) {
  const InboundRules rules{PeerChannel::answers, options_.cluster, peer.address.name};
  zmq::message_t message;
  for (int i = 0; i < messages_per_turn && peer.dealer.receive(message, now_ms()); ++i) {
    Result<wire::PeerEnvelope> read = read_inbound(text_of(message), rules);
    if (read) {
      deliver(std::move(*read));
    } else {
      refuse(peer.address.name + "'s answers", read.error().message);
    }
  }
}

void PeerLoop::take_requests() {
  OwnSockets::Request request;
  for (int i = 0; i < messages_per_turn && own_->receive(request); ++i) take_request(request);
}

void PeerLoop::take_request(OwnSockets::Request& request) {
  constexpr std::string_view whose = "a request";
  if (!request.whole) return refuse(whose, "it has not the one frame that it must have");
  InboundRules rules{PeerChannel::asks, options_.cluster, std::nullopt};
  if (authenticator_) rules.sender = request.key_owner;
  Result<wire::PeerEnvelope> read = read_inbound(request.bytes, rules);
  if (!read) return refuse(whose, read.error().message);
  // An accepted connection outlives its member's removal in plain text.
  if (!peers_.contains(read->sender)) {
    return refuse(whose, "\"" + read->sender + "\" is no member");
  }
  own_->remember(read->sender, std::move(request.routing_id));
  deliver(std::move(*read));
}

void PeerLoop::deliver(wire::PeerEnvelope envelope) {
  counters_.received.fetch_add(1, std::memory_order_relaxed);
  handler_(std::move(envelope));
}

void PeerLoop::refuse(std::string_view whose, const std::string& why) {
  counters_.refused.fetch_add(1, std::memory_order_relaxed);
  log_.say_rarely(OperatorLog::Topic::refused, now_ms(),
                  "dropped a message from " + std::string(whose) + ": " + why);
}

void PeerLoop::send_out() {
  PeerOutbox::Batch batch = outbox_.take();
  stopping_ = batch.stop;
  if (stopping_) return;
  if (batch.keys) use_keys(std::move(*batch.keys));
  if (batch.peers) use_peers(std::move(*batch.peers));
  for (OutboundMessage& message : batch.messages) {
    if (!send(message)) counters_.unsent.fetch_add(1, std::memory_order_relaxed);
  }
}

bool PeerLoop::send(OutboundMessage& message) {
  if (message.channel == PeerChannel::publications) return own_->publish(std::move(message.bytes));
  const auto peer = peers_.find(message.peer);
  if (peer == peers_.end()) return false;
  if (message.channel == PeerChannel::answers) {
    return own_->answer(message.peer, std::move(message.bytes));
  }
  return peer->second->dealer.send(std::move(message.bytes), now_ms());
}

void PeerLoop::report_unsent() {
  const std::uint64_t unsent = counters_.unsent.load(std::memory_order_relaxed);
  if (unsent == unsent_reported_) return;
  log_.say_rarely(OperatorLog::Topic::unsent, now_ms(),
                  "messages to peers were dropped, " + std::to_string(unsent) +
                      " since the start: a peer is away or takes them too slowly");
  unsent_reported_ = unsent;
}

// libzmq reads a socket's keys when it is bound or connected. The own two first: their ports become
// free while the others connect.
void PeerLoop::use_keys(CurveKeys keys) {
  ANABRANCH_CHECK(sockets_.encrypted() && !keys.secret_key.empty());
  sockets_.use_keys(std::move(keys));
  own_->close();
  for (auto& [name, peer] : peers_) {
    connect(peer->subscriber, peer->address);
    connect(peer->dealer, peer->address);
  }
}

void PeerLoop::use_peers(std::vector<PeerAddress> peers) {
  // The keys first, so that a new member's connection is not refused once before it is let in.
  if (authenticator_ && authenticator_->allow(peers)) own_->close();
  std::map<std::string, std::unique_ptr<PeerSockets>> former = std::exchange(peers_, {});
  for (PeerAddress& peer : peers) {
    if (!may_connect(peer)) continue;
    const auto known = former.find(peer.name);
    if (known != former.end() && known->second && keep_peer(*known->second, peer)) {
      peers_[peer.name] = std::move(known->second);
    } else {
      add_peer(std::move(peer));
    }
  }
  for (const auto& [name, sockets] : former) {
    if (!peers_.contains(name)) own_->forget(name);
  }
}

bool PeerLoop::may_connect(const PeerAddress& peer) {
  if (!sockets_.encrypted() && peer.public_key.empty()) return true;
  const bool next_is_proper = peer.next_public_key.empty() || read_curve_key(peer.next_public_key);
  if (sockets_.encrypted() && read_curve_key(peer.public_key) && next_is_proper) return true;
  log_.say("member \"" + peer.name + "\" is left out: " +
           (sockets_.encrypted()
                ? "this node encrypts, and the member has no public key of 40 characters of Z85"
                : "it has a public key, and this node has no secret one"));
  return false;
}

bool PeerLoop::keep_peer(PeerSockets& sockets, const PeerAddress& peer) {
  try {
    return sockets.keep(sockets_, peer);
  } catch (const zmq::error_t&) {
    return false;  // connecting it anew fails too, and says why
  }
}

void PeerLoop::add_peer(PeerAddress peer) {
  auto added = std::make_unique<PeerSockets>(std::move(peer), peers_ever_++,
                                             options_.silence_limit.count(), now_ms());
  connect(added->subscriber, added->address);
  connect(added->dealer, added->address);
  const std::string name = added->address.name;
  peers_[name] = std::move(added);
}

void PeerLoop::connect(WatchedSocket& socket, const PeerAddress& peer, Connect how) {
  try {
    (socket.*how)(sockets_, peer, now_ms());
  } catch (const zmq::error_t& error) {
    log_.say_rarely(OperatorLog::Topic::socket, now_ms(),
                    "cannot connect to member \"" + peer.name + "\" at " + peer.publish + " and " +
                        peer.sync + ": " + error.what() + "; trying again");
  }
}

void PeerLoop::tend(WatchedSocket& socket, const PeerAddress& peer, const std::string& endpoint) {
  if (socket.needs_other_key(now_ms())) {
    change_key(socket, peer, endpoint);
  } else {
    rebuild_if_silent(socket, peer, endpoint);
  }
}

void PeerLoop::change_key(WatchedSocket& socket, const PeerAddress& peer,
                          const std::string& endpoint) {
  if (socket.was_heard()) {
    log_.say("member \"" + peer.name + "\" no longer goes by the same key at " + endpoint +
             ": trying its other one");
  }
  connect(socket, peer, &WatchedSocket::connect_by_other_key);
}

void PeerLoop::rebuild_if_silent(WatchedSocket& socket, const PeerAddress& peer,
                                 const std::string& endpoint) {
  if (!socket.is_silent(now_ms())) return;
  // Said when a link is lost, and not again for each attempt to get it back.
  if (socket.was_heard()) {
    log_.say("nothing came from member \"" + peer.name + "\" at " + endpoint + " for " +
             std::to_string(options_.silence_limit.count()) + " ms: connecting anew");
  }
  counters_.rebuilt.fetch_add(1, std::memory_order_relaxed);
  connect(socket, peer);
}

void PeerLoop::reopen_own_sockets() {
  const Result<void> opened = own_->reopen(sockets_);
  if (opened || opened.error().code == Errc::in_use) return;
  log_.say_rarely(OperatorLog::Topic::socket, now_ms(), opened.error().message);
}

}  // namespace anabranch::transport
