#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "transport/client/session_journal.h"
#include "transport/client/sessions.h"
#include "transport/client/tls_context.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace anabranch::transport {

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  bool any_origin = false;                   ///< adds Access-Control-Allow-Origin: *
  std::string content_security_policy = {};  ///< the header, left out where empty
};

struct HttpQuery {
  std::string method;
  std::string path;  ///< without the query, percent-decoded
  std::vector<std::pair<std::string, std::string>> parameters;  ///< percent-decoded
  std::string authorization;                                    ///< the header, empty where missing
  std::string origin;  ///< the header: set where a web page asks
};

/// Answers a plain HTTP request. Called on I/O threads; must not block. `done` may be called later
/// and from any thread, exactly once.
using HttpHandler = std::function<void(HttpQuery, std::function<void(HttpAnswer)> done)>;

/// The WebSocket side of a server. Sizes in bytes.
struct SessionOptions {
  std::size_t max_update_bytes = 65536;
  std::size_t max_frame_bytes = 1048576;
  std::size_t send_buffer_bytes = 8388608;
  std::chrono::milliseconds idle_timeout{60000};
  std::chrono::milliseconds auth_timeout{5000};
  /// A WebSocket on which nothing has gone on for so long, or twice that, gives its buffers back.
  std::chrono::milliseconds rest_after{2000};
  std::size_t max_connections = 50000;
  bool compression = false;
  std::vector<std::string> allowed_origins;  ///< empty: any
  std::string node;
  std::string region;
  wire::Limits limits;  ///< told to clients in auth.ok
};

struct ServerOptions {
  std::string listen;  ///< "address:port"; port 0: any free one
  std::size_t threads = 1;
  /// Set on a server that takes WebSocket clients at /v1/sync; the admin server has none.
  std::shared_ptr<const SessionOptions> sessions = {};
  std::shared_ptr<const TlsContext> tls = {};  ///< null: plain HTTP
  /// For a request to come, and before the first one for the TLS handshake too.
  std::chrono::milliseconds request_timeout{30'000};
  SessionJournal* journal = nullptr;  ///< outlives the server; null: nothing is kept
};

/// An HTTP and WebSocket server on its own I/O threads (one io_context each; a connection lives
/// and dies on one of them).
///
/// Lifecycle: `start` binds and serves; `drain` refuses upgrades with 503 and closes the sessions
/// with 1012, many of them in bursts over some seconds; `resume` takes upgrades again; `stop` ends
/// everything and joins the threads. The sink, the authenticator and the
/// handler outlive the server.
class Server {
 public:
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  virtual std::size_t connections() const = 0;  ///< WebSocket sessions; any thread
  /// Connections that come from now on are taken so; null: plain HTTP. Any thread.
  virtual void use_tls(std::shared_ptr<const TlsContext> tls) = 0;
  virtual FrameTimes frame_times() const = 0;  ///< since the start; any thread
  virtual void drain() = 0;
  virtual void resume() = 0;
  virtual void stop() = 0;
};

/// Errc::in_use when the address is taken, Errc::io otherwise.
/// `sink` and `authenticator` are used only where options.sessions is set.
Result<std::unique_ptr<Server>> start_server(ServerOptions options, HttpHandler handler,
                                             SessionSink* sink, const Authenticator* authenticator,
                                             const Clock& clock);

}  // namespace anabranch::transport
