#include "transport/peer/own_sockets.h"

#include <zmq.hpp>

#include <utility>

namespace anabranch::transport {
namespace {

// What the authenticator said of the connection's key, carried along by libzmq.
std::string key_owner_of(zmq::message_t& frame) {
  const char* const user = zmq_msg_gets(frame.handle(), "User-Id");
  return user != nullptr ? user : "";
}

Result<void> put_in_place(SocketPtr& socket, std::string& endpoint,
                          Result<SocketFactory::Bound> bound) {
  if (!bound) return tl::unexpected<Error>(std::move(bound.error()));
  socket = std::move(bound->socket);
  endpoint = std::move(bound->endpoint);
  return {};
}

}  // namespace

OwnSockets::OwnSockets() = default;
OwnSockets::OwnSockets(OwnSockets&&) noexcept = default;
OwnSockets& OwnSockets::operator=(OwnSockets&&) noexcept = default;
OwnSockets::~OwnSockets() = default;

Result<OwnSockets> OwnSockets::bind(SocketFactory& sockets, const std::string& publish,
                                    const std::string& sync) {
  OwnSockets own;
  own.publish_endpoint_ = publish;
  own.sync_endpoint_ = sync;
  own.encrypted_ = sockets.encrypted();
  if (Result<void> opened = own.reopen(sockets); !opened) {
    return tl::unexpected<Error>(std::move(opened.error()));
  }
  return own;
}

bool OwnSockets::publish(std::unique_ptr<CountedBytes> bytes) {
  return publisher_ && send_now(*publisher_, to_message(std::move(bytes)));
}

bool OwnSockets::answer(const std::string& member, std::unique_ptr<CountedBytes> bytes) {
  const auto routing_id = routing_ids_.find(member);
  if (!router_ || routing_id == routing_ids_.end()) return false;
  return send_now(*router_, zmq::message_t(routing_id->second), true) &&
         send_now(*router_, to_message(std::move(bytes)));
}

bool OwnSockets::receive(Request& request) {
  zmq::message_t frame;
  if (!router_ || !receive_now(*router_, frame)) return false;
  request.routing_id = frame.to_string();
  request.whole = frame.more() && receive_now(*router_, frame) && !frame.more();
  if (request.whole) {
    request.bytes = frame.to_string();
    request.key_owner = encrypted_ ? key_owner_of(frame) : "";
  }
  while (frame.more() && receive_now(*router_, frame)) {
  }
  return true;
}

void OwnSockets::remember(const std::string& member, std::string routing_id) {
  routing_ids_[member] = std::move(routing_id);
}

void OwnSockets::forget(const std::string& member) { routing_ids_.erase(member); }

void OwnSockets::close() {
  publisher_.reset();
  router_.reset();
  routing_ids_.clear();
}

Result<void> OwnSockets::reopen(SocketFactory& sockets) {
  Result<void> opened;
  if (!publisher_) {
    opened = put_in_place(publisher_, publish_endpoint_, sockets.bind_publisher(publish_endpoint_));
  }
  if (opened && !router_) {
    opened = put_in_place(router_, sync_endpoint_, sockets.bind_router(sync_endpoint_));
  }
  return opened;
}

}  // namespace anabranch::transport
