#pragma once

#include "base/result.h"
#include "transport/peer/socket_factory.h"

#include <map>
#include <string>

namespace anabranch::transport {

/// This node's own two sockets: PUB, to which the peers subscribe, and ROUTER, which takes their
/// requests and through which they are answered. Belongs to the link's thread.
class OwnSockets {
 public:
  static Result<OwnSockets> bind(SocketFactory& sockets, const std::string& publish,
                                 const std::string& sync);
  OwnSockets(OwnSockets&&) noexcept;
  OwnSockets& operator=(OwnSockets&&) noexcept;
  ~OwnSockets();

  const std::string& publish_endpoint() const { return publish_endpoint_; }
  const std::string& sync_endpoint() const { return sync_endpoint_; }

  /// False when the message was dropped.
  bool publish(std::unique_ptr<CountedBytes> bytes);
  /// To the connection by which `member` last spoke; false when the message was dropped.
  bool answer(const std::string& member, std::unique_ptr<CountedBytes> bytes);

  /// One message that came in by ROUTER, and where from.
  struct Request {
    std::string routing_id;
    std::string key_owner;  ///< the member whose key the connection has; empty in plain text
    std::string bytes;
    bool whole = false;  ///< it had the one frame that it must have
  };
  /// False when nothing waits.
  bool receive(Request& request);
  /// From now on `member` is answered there.
  void remember(const std::string& member, std::string routing_id);
  void forget(const std::string& member);

  /// Closes both, which cuts every connection to them: libzmq has no way to cut just one. They
  /// stay closed until `reopen` succeeds, for their ports become free a little later.
  void close();
  bool is_open() const { return publisher_ && router_; }
  /// Binds what is closed to where it was.
  Result<void> reopen(SocketFactory& sockets);

  zmq::socket_t& publisher() { return *publisher_; }
  zmq::socket_t& router() { return *router_; }

 private:
  OwnSockets();

  std::string publish_endpoint_;
  std::string sync_endpoint_;
  SocketPtr publisher_;
  SocketPtr router_;
  bool encrypted_ = false;
  std::map<std::string, std::string> routing_ids_;  // by member
};

}  // namespace anabranch::transport
