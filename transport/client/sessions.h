#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "transport/client/encoded_events.h"
#include "wire/client_messages.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// The seam between sessions (sockets, frames, deadlines) and the node that gives them meaning.

namespace anabranch::transport {

/// Why a node ends a connection; the WebSocket close codes of the client protocol.
enum class CloseCode : std::uint16_t {
  going_away = 1001,
  policy_violation = 1008,
  service_restart = 1012,
  unauthenticated = 4401,
  too_slow = 4408,
  too_many_connections = 4429,
};

/// A live client connection, as the rest of the node sees it. All calls are safe from any thread
/// and return at once; after the connection has ended they do nothing.
class ClientConnection {
 public:
  virtual ~ClientConnection() = default;

  virtual SessionId id() const = 0;

  /// Queues events. Past the send buffer's cap the connection is closed with 4408; one call's
  /// always fit into an empty queue. Events leave in the order of the calls.
  virtual void send(Frame frame) = 0;

  /// Queues the answer to `answered` frames of this connection, which were handed to the sink:
  /// lets the session read on (it stops reading while too many of its frames are unanswered).
  virtual void answered(std::size_t count) = 0;

  /// The node has refused a frame of this connection at `monotonic_ms`. One that has too many
  /// refused in ten seconds, by the session itself or so, is closed with 1008.
  virtual void refused(std::int64_t monotonic_ms) = 0;

  virtual void close(CloseCode code, std::string_view reason) = 0;

  /// What waits to be sent, without the frame that is on its way, in bytes.
  virtual std::size_t queued_bytes() const = 0;
};

/// What a token says that matters here.
struct Identity {
  UserId user;
  std::int64_t expires_at_ms = 0;  ///< Unix time
};

/// Judges tokens. Called on I/O threads, at the same time.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// The error's message is fit for the client.
  virtual Result<Identity> verify(std::string_view token) const = 0;
};

/// Where sessions put what they read, already parsed and checked as far as can be done without
/// state. Called on I/O threads, for one session in the order of its frames. Each `on_write`,
/// `on_request` and `on_answer` is answered by exactly one ClientConnection::answered in time.
///
/// `flush` follows soon, once for several calls where an I/O thread has several sessions to see to:
/// the sink need not look at what it is given before.
class SessionSink {
 public:
  virtual ~SessionSink() = default;

  virtual void flush() {}

  /// A connection has authenticated. The sink sends auth.ok, or closes it (4429).
  virtual void on_open(std::shared_ptr<ClientConnection> connection, const Identity& identity) = 0;
  /// `read_ns`: when its frame had been read, as steady_ns.
  virtual void on_write(SessionId session, wire::WriteRequest request, std::int64_t read_ns) = 0;
  virtual void on_request(SessionId session, wire::StateRequest request) = 0;
  /// An event that the session itself has for its client (an error, a renewal's auth.ok). It comes
  /// through here so that it keeps its place among the answers to earlier frames.
  virtual void on_answer(SessionId session, wire::ClientEvent event) = 0;
  /// The connection has ended. Called once for each on_open.
  virtual void on_close(SessionId session) = 0;
};

}  // namespace anabranch::transport
