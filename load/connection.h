#pragma once

#include "load/endpoint.h"
#include "load/event_loop.h"
#include "load/time.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace anabranch::load {

/// What a connection tells its owner, on the thread of its loop. After on_closed it is silent.
class ConnectionEvents {
 public:
  virtual void on_open() = 0;
  /// A whole message; `received_at` is when its bytes were taken from the socket.
  virtual void on_text(std::string_view text, Nanoseconds received_at) = 0;
  /// In words for people; not called for an `abort`.
  virtual void on_closed(std::string reason) = 0;

 protected:
  ~ConnectionEvents() = default;
};

/// One WebSocket client connection. Writes are gathered until `flush`.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void write(std::string_view text) = 0;
  virtual void flush() = 0;
  /// What the socket has not taken yet.
  virtual std::size_t unsent_bytes() const = 0;
  /// Cuts it, so that no port waits for its end. The events' owner may go.
  virtual void abort() = 0;
};

/// What all connections of a run share.
class ConnectionSettings {
 public:
  /// `tls`: null where no endpoint speaks it, for authorities take a while to read.
  /// Errc::invalid_config where they cannot be read.
  static Result<std::shared_ptr<ConnectionSettings>> make(const TlsSettings* tls);
  virtual ~ConnectionSettings() = default;
};

struct Upgrade {
  std::string subprotocol;  ///< empty: none
  std::string token;        ///< sent as Authorization: Bearer; empty: none
};

/// Begins to connect; `events` hears how it went, and lives until on_closed or abort. `endpoint` is
/// resolved.
std::shared_ptr<Connection> open_connection(EventLoop& loop, ConnectionSettings& settings,
                                            const Endpoint& endpoint, const Upgrade& upgrade,
                                            ConnectionEvents& events);

}  // namespace anabranch::load
