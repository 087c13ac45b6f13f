#pragma once

#include "transport/peer/curve_keys.h"
#include "transport/peer/socket_factory.h"

#include <map>
#include <string>
#include <vector>

namespace anabranch::transport {

/// Answers libzmq's question whether the owner of a CURVE key may connect to this node (ZeroMQ RFC
/// 27, ZAP): yes, as member so-and-so, for the keys of the peers; no for any other. libzmq then
/// carries the name along with every message of that connection. Belongs to the link's thread.
class ZapAuthenticator {
 public:
  explicit ZapAuthenticator(SocketFactory& sockets);
  ~ZapAuthenticator();

  /// Replaces the allowed keys. True when a key that was some member's is no longer that member's,
  /// so that connections made with it must be cut.
  bool allow(const std::vector<PeerAddress>& peers);

  /// Answers all questions that wait.
  void answer_questions();

  zmq::socket_t& socket() { return *socket_; }

 private:
  using Frames = std::vector<std::string>;
  bool receive(Frames& question);
  /// The member that the question's key belongs to, null when it is nobody's.
  const std::string* owner(const Frames& question) const;

  const SocketPtr socket_;
  std::map<RawCurveKey, std::string> members_by_key_;  // a member may have several keys
};

}  // namespace anabranch::transport
