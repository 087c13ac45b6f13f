#include "transport/peer/handshake_watch.h"

#include <zmq.hpp>

namespace anabranch::transport {
namespace {

// A handshake that the peer cuts short has no detail. One that is refused by the peer's
// authenticator has (HANDSHAKE_FAILED_AUTH): there the named key was right.
constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;

}  // namespace

class HandshakeWatch::Monitor final : public zmq::monitor_t {
 public:
  bool failed = false;

 private:
  void on_event_handshake_succeeded(const zmq_event_t& /*event*/, const char* /*from*/) override {
    failed = false;
  }
  void on_event_handshake_failed_no_detail(const zmq_event_t& /*event*/,
                                           const char* /*from*/) override {
    failed = true;
  }
  void on_event_handshake_failed_protocol(const zmq_event_t& /*event*/,
                                          const char* /*from*/) override {
    failed = true;
  }
};

HandshakeWatch::HandshakeWatch(zmq::socket_t& socket, const std::string& address)
    : monitor_(std::make_unique<Monitor>()) {
  monitor_->init(socket, address, events);
}

HandshakeWatch::~HandshakeWatch() = default;

bool HandshakeWatch::last_failed() {
  while (monitor_->check_event()) {
  }
  return monitor_->failed;
}

}  // namespace anabranch::transport
