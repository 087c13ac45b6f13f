#pragma once

#include "tests/transport/peer/test_node.h"
#include "wire/peer_codec.h"

#include <zmq.hpp>

#include <string>

namespace anabranch::transport::testing {

/// A socket of a stranger, who speaks the protocol and has the keys that the test gives it.
struct Stranger {
  zmq::context_t context;
  zmq::socket_t socket;

  Stranger(int type, const std::string& endpoint, const CurveKeys& keys,
           const std::string& server_key)
      : socket(context, type) {
    socket.set(zmq::sockopt::linger, 0);
    if (type == ZMQ_SUB) socket.set(zmq::sockopt::subscribe, "");
    if (!keys.secret_key.empty()) {
      socket.set(zmq::sockopt::curve_serverkey, server_key);
      socket.set(zmq::sockopt::curve_secretkey, keys.secret_key);
      socket.set(zmq::sockopt::curve_publickey, keys.public_key);
    }
    socket.connect(endpoint);
  }
  void send(const std::string& bytes) {
    socket.send(zmq::buffer(bytes), zmq::send_flags::dontwait);
  }
  bool receives() {
    zmq::message_t message;
    return socket.recv(message, zmq::recv_flags::dontwait).has_value();
  }
};

inline std::string said_by(const std::string& name, const wire::PeerMessage& message) {
  return wire::encode({"test", name, message});
}

inline CurveKeys keys_of(const TestNode& node) {
  return {node.options().secret_key, node.options().public_key};
}

}  // namespace anabranch::transport::testing
