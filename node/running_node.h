#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "node/auth.h"
#include "node/config.h"
#include "node/connection_log.h"
#include "node/current_cluster.h"
#include "node/log.h"
#include "node/replica_loop.h"
#include "node/routes.h"
#include "storage/store.h"
#include "transport/client/server.h"
#include "transport/peer/peer_link.h"
#include "wire/cursor.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::node {

/// A running node: every part, in the order in which they are built and, reversed, taken down. Used
/// by one thread, but for `reload`; the node's configuration and the log outlive it.
class RunningNode {
 public:
  RunningNode(const NodeConfig& node, ClusterConfig cluster, const Log& log);
  ~RunningNode();  ///< as stop()
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;

  /// Opens everything; once it has returned, clients are taken. Errc::in_use for a directory or a
  /// port that another process holds.
  Result<void> start();
  /// Closes the sessions, waits a little for the peers to have the last writes, and takes all down.
  void stop();
  /// Reads the files again and goes by them: members, keys and limits. Says what has changed, as
  /// lines for the operator. An error (Errc::invalid_config, or Errc::refused with the reason)
  /// changes nothing. Any thread, while the node runs.
  Result<std::vector<std::string>> reload();

  /// The port that clients are taken on; after `start`.
  std::uint16_t client_port() const { return clients_->port(); }

 private:
  Result<void> open_store();
  Result<void> open_peers();
  Result<void> open_servers();
  Result<void> check_reload(const Configuration& next) const;
  void change_own_key(const PeersConfig& next, std::vector<std::string>& changes);
  void change_tls(const ClientsConfig& next, std::vector<std::string>& changes);
  void note_tls();
  Result<void> set_draining(bool draining);
  void turn_clients_away(bool draining);
  void say_farewell();

  const NodeConfig& node_;
  CurrentCluster cluster_;
  std::mutex reloading_;
  // What a reload may replace, guarded by reloading_:
  std::string public_key_;  ///< that the links go by
  std::shared_ptr<const transport::TlsContext> tls_;
  std::mutex draining_;  ///< guards is_taking_clients_; held while clients are turned away
  bool is_taking_clients_ = false;  ///< from the end of the start to the beginning of the end
  const Log& log_;
  SystemClock clock_;
  SystemRandom random_;
  std::int64_t started_ms_;
  JwtAuthenticator authenticator_;
  wire::CursorCodec cursors_;
  ConnectionLog connections_;
  std::unique_ptr<storage::Store> store_;
  std::shared_ptr<const transport::SessionOptions> sessions_;
  std::optional<ReplicaLoop> loop_;
  std::optional<RouteContext> routes_;
  std::unique_ptr<transport::PeerLink> peers_;
  std::unique_ptr<transport::Server> clients_;
  std::unique_ptr<transport::Server> admin_;
};

}  // namespace anabranch::node
