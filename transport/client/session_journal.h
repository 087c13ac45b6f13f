#pragma once

#include "base/ids.h"

#include <chrono>
#include <cstdint>
#include <string_view>

// What there is to tell of connections, for a log and for counting; nothing depends on it.

namespace anabranch::transport {

/// Why an upgrade to WebSocket was not granted.
enum class UpgradeRefusal { path, draining, origin, token, full, malformed };

/// The reason as logs and metrics name it.
constexpr std::string_view to_string(UpgradeRefusal reason) {
  switch (reason) {
    case UpgradeRefusal::path:
      return "path";
    case UpgradeRefusal::draining:
      return "draining";
    case UpgradeRefusal::origin:
      return "origin";
    case UpgradeRefusal::token:
      return "token";
    case UpgradeRefusal::full:
      return "full";
    case UpgradeRefusal::malformed:
      return "malformed";
  }
  return "";
}

/// A connection that has ended, and what it was.
struct ConnectionEnd {
  /// Who ended it: this node, the client by a close frame, or nobody (the network, a process that
  /// died).
  enum class By { node, client, nobody };

  SessionId connection;
  std::string_view user;   ///< empty: it never authenticated
  std::uint16_t code = 0;  ///< of the close frame; 1005: it had none; 1006: there was no frame
  By by = By::nobody;
  std::string_view reason;                      ///< what the node told the client
  std::uint64_t frames_in = 0, bytes_in = 0;    ///< messages of the client, whole ones
  std::uint64_t frames_out = 0, bytes_out = 0;  ///< … and of the node
  std::chrono::milliseconds duration{0};        ///< since the upgrade
};

/// Is told of connections. Called on I/O threads, at the same time; must not block. Views live only
/// during the call.
class SessionJournal {
 public:
  virtual ~SessionJournal() = default;
  virtual void on_upgrade_refused(UpgradeRefusal reason) = 0;
  virtual void on_upgraded(SessionId connection) = 0;
  virtual void on_authenticated(SessionId connection, std::string_view user) = 0;
  /// A token was refused, or none came in time. `user` is empty where the connection has none yet.
  virtual void on_authentication_failed(SessionId connection, std::string_view user,
                                        std::string_view why) = 0;
  /// Once for each on_upgraded.
  virtual void on_ended(const ConnectionEnd& end) = 0;
};

/// One that keeps nothing.
SessionJournal& no_journal();

}  // namespace anabranch::transport
