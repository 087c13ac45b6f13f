#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "wire/peer_messages.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace anabranch::transport {

/// Another member, as this node reaches it.
struct PeerAddress {
  std::string name;
  std::string publish;     ///< its PUB endpoint, "tcp://host:port"
  std::string sync;        ///< its ROUTER endpoint
  std::string public_key;  ///< Z85, 40 characters; empty: plain text
  /// The key that it changes to, or empty: until that is done it may go by either.
  std::string next_public_key = {};
  bool operator==(const PeerAddress&) const = default;
};

struct PeerLinkOptions {
  std::string cluster;
  std::string name;                ///< this node's
  std::string listen_publish;      ///< where PUB is bound; port "*": any free one
  std::string listen_sync;         ///< where ROUTER is bound
  std::string secret_key;          ///< Z85; empty: plain text
  std::string public_key;          ///< Z85; belongs to secret_key
  std::vector<PeerAddress> peers;  ///< the other members, without this node
  /// How long a peer may say nothing on a socket before that is closed and connected anew. It
  /// must be several times the interval of the peers' heartbeats and of this node's hellos, and
  /// the time that the biggest message takes over the slowest link.
  std::chrono::milliseconds silence_limit{5000};
  /// Takes lines for the operator; repeated ones are held back. Called on the link's thread.
  std::function<void(std::string)> log;
};

/// A CURVE key pair, Z85.
struct CurveKeys {
  std::string secret_key;
  std::string public_key;
};

/// What a link has counted since it was opened.
struct PeerLinkStats {
  std::uint64_t received = 0;  ///< messages given to the handler
  std::uint64_t refused = 0;   ///< messages from outside that were not fit to be given to it
  std::uint64_t unsent = 0;    ///< messages of this node dropped before they reached a socket
  std::uint64_t rebuilt = 0;   ///< sockets closed and connected anew after silence
};

/// Takes what came from a peer, by whichever socket; the kind of message tells.
using PeerHandler = std::function<void(wire::PeerEnvelope)>;

/// The links to all peers over ZeroMQ: PUB/SUB for what may be lost, ROUTER/DEALER for what may
/// not. One thread of its own holds every socket. Decides nothing: it carries messages, checks who
/// sent them, and rebuilds a link that has been silent past its limit. Whatever it sends may be
/// lost: when a peer is away, when its queue is full, when too many bytes wait in all.
///
/// Encrypted (CURVE) when options.secret_key is set: then only the peers' public keys connect, and
/// a message's sender is the owner of the key. In plain text the sender's word is taken for it, so
/// that belongs on networks where everybody is trusted.
///
/// Every call is safe from any thread and returns at once.
class PeerLink {
 public:
  virtual ~PeerLink() = default;  ///< stops and joins the thread

  /// To every peer, lossy: dropped where a peer's queue is full.
  virtual void publish(const wire::PeerMessage& message) = 0;
  /// To `peer`'s ROUTER through our DEALER: Hello, Progress, Pull, PullCredit.
  virtual void ask(const std::string& peer, const wire::PeerMessage& message) = 0;
  /// To `peer`, as the answer on the ROUTER through which it last asked: Welcome, PullPiece.
  virtual void answer(const std::string& peer, const wire::PeerMessage& message) = 0;

  /// Replaces the set of peers; links that stay as they were are not touched. When a key is no
  /// longer among them, this node's own two sockets are closed and bound again, which cuts that
  /// key's connections at once; the other peers reconnect by themselves within a second.
  virtual void set_peers(std::vector<PeerAddress> peers) = 0;
  /// This node goes by another key pair from now on: all its sockets are closed and made anew, at
  /// the same endpoints. Only on a link that is encrypted, and with a pair whose halves belong
  /// together.
  virtual void set_keys(CurveKeys keys) = 0;

  /// Where PUB and ROUTER are bound, with the real port.
  virtual std::string publish_endpoint() const = 0;
  virtual std::string sync_endpoint() const = 0;

  virtual PeerLinkStats stats() const = 0;
};

/// Binds and connects. Errc::in_use when an endpoint is taken, Errc::invalid_config when one or the
/// key pair makes no sense. `handler` is called on the link's thread and must not block. `clock`
/// outlives the link.
Result<std::unique_ptr<PeerLink>> open_peer_link(PeerLinkOptions options, PeerHandler handler,
                                                 const Clock& clock);

/// A new key pair.
CurveKeys make_curve_keys();
/// The public key of a secret one; Errc::malformed when it is not 40 characters of Z85.
Result<std::string> curve_public_key(const std::string& secret_key);

}  // namespace anabranch::transport
