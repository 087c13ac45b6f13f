#pragma once

#include <memory>
#include <string>

namespace zmq {
class socket_t;
}  // namespace zmq

namespace anabranch::transport {

/// Sees how the CURVE handshakes of a connecting socket end. A peer that goes by another key than
/// the one that was named to it hangs up in the middle, and libzmq would try the same for ever.
/// Belongs to the socket's thread, and goes before the socket does.
class HandshakeWatch {
 public:
  /// `address`: an in-process endpoint that no other watch of the context has ever had.
  HandshakeWatch(zmq::socket_t& socket, const std::string& address);
  ~HandshakeWatch();
  HandshakeWatch(const HandshakeWatch&) = delete;
  HandshakeWatch& operator=(const HandshakeWatch&) = delete;

  /// The last handshake came to nothing, though not because the peer refused this node's own key.
  /// To be asked again and again, for libzmq waits when too many events have piled up.
  bool last_failed();

 private:
  class Monitor;
  const std::unique_ptr<Monitor> monitor_;
};

}  // namespace anabranch::transport
