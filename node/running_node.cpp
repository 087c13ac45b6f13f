#include "node/running_node.h"

#include "node/cluster_change.h"
#include "node/log_lines.h"
#include "storage/rocksdb_store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace anabranch::node {

namespace {

/// How long a stopping node waits for its peers to have its last writes on disk.
constexpr std::chrono::milliseconds farewell_limit{1000};
constexpr std::chrono::milliseconds farewell_poll{20};

/// When so little is left of the certificate's time, it is said at each start and reload.
constexpr std::chrono::seconds certificate_warning = std::chrono::hours(24 * 14);

std::shared_ptr<const transport::SessionOptions> session_options(const NodeConfig& node,
                                                                 const ClusterConfig& cluster) {
  const ClientsConfig& clients = node.clients;
  transport::SessionOptions options;
  options.max_update_bytes = clients.max_update_bytes;
  options.max_frame_bytes = clients.max_frame_bytes;
  options.send_buffer_bytes = clients.send_buffer_bytes;
  options.idle_timeout = clients.idle_timeout;
  options.max_connections = clients.max_connections;
  options.compression = clients.compression;
  options.allowed_origins = clients.allowed_origins;
  options.node = node.name;
  options.region = cluster.find(node.name)->region;
  options.limits = {node.limits.updates_per_minute, node.limits.update_burst,
                    clients.max_update_bytes};
  return std::make_shared<const transport::SessionOptions>(std::move(options));
}

cluster::ReplicaSettings replica_settings(const NodeConfig& node, const ClusterConfig& cluster) {
  cluster::ReplicaSettings settings;
  for (const MemberConfig& member : cluster.members) {
    if (member.name != node.name) settings.others.push_back({member.name, member.region});
  }
  settings.name = node.name;
  settings.epoch = cluster.epoch;
  settings.tombstone_retention_ms = cluster.replication.tombstone_retention.count();
  settings.acks = cluster.replication.acks;
  settings.state = {node.limits.state_bytes, node.limits.state_paths};
  settings.updates_per_minute = node.limits.updates_per_minute;
  settings.update_burst = node.limits.update_burst;
  return settings;
}

std::vector<transport::PeerAddress> peer_addresses(const NodeConfig& node,
                                                   const ClusterConfig& cluster) {
  std::vector<transport::PeerAddress> addresses;
  for (const MemberConfig& member : cluster.members) {
    if (member.name == node.name) continue;
    transport::PeerAddress address{member.name, member.publish, member.sync, ""};
    if (!node.peers.secret_key.empty()) {
      address.public_key = member.public_key;
      address.next_public_key = member.next_public_key;
    }
    addresses.push_back(std::move(address));
  }
  return addresses;
}

transport::PeerLinkOptions peer_options(const NodeConfig& node, const ClusterConfig& cluster,
                                        const Log& log) {
  transport::PeerLinkOptions options;
  options.cluster = cluster.name;
  options.name = node.name;
  options.listen_publish = node.peers.listen_publish;
  options.listen_sync = node.peers.listen_sync;
  options.secret_key = node.peers.secret_key;
  options.public_key = node.peers.public_key;
  options.peers = peer_addresses(node, cluster);
  options.log = [&log](const std::string& line) { log.warning(line); };
  return options;
}

/// What every node of the cluster has alike, to seal cursors with.
std::vector<std::string> cursor_secrets(const AuthConfig& auth) {
  std::vector<std::string> secrets;
  for (const AuthKey& key : auth.keys) {
    if (key.algorithm == Algorithm::hs256) secrets.push_back(key.material);
  }
  return secrets;
}

}  // namespace

RunningNode::RunningNode(const NodeConfig& node, ClusterConfig cluster, const Log& log)
    : node_(node),
      cluster_(std::move(cluster)),
      public_key_(node.peers.public_key),
      tls_(node.clients.tls),
      log_(log),
      started_ms_(clock_.now().monotonic_ms),
      authenticator_(node.auth, clock_),
      cursors_(cursor_secrets(node.auth), cluster_.get()->name),
      connections_(log, clock_, UserHash(cluster_.get()->name)) {}

RunningNode::~RunningNode() { stop(); }

Result<void> RunningNode::start() {
  if (auto opened = open_store(); !opened) return opened;
  const auto cluster = cluster_.get();
  sessions_ = session_options(node_, *cluster);
  ReplicaLoop::Options options;
  static_cast<cluster::ReplicaSettings&>(options.replica) = replica_settings(node_, *cluster);
  options.replica.document_cache_bytes = node_.storage.cache_bytes;
  options.max_connections_per_user = node_.clients.max_connections_per_user;
  options.sessions = sessions_;
  options.user_hash = UserHash(cluster->name);
  loop_.emplace(std::move(options), *store_, cursors_, clock_, random_, log_);
  routes_.emplace(
      node_, cluster_, *loop_, clock_, connections_, started_ms_,
      [this] {
        auto changes = reload();
        log_reload(log_, changes);
        return changes;
      },
      [this](bool draining) { return set_draining(draining); });
  if (auto opened = open_peers(); !opened) return opened;
  loop_->start(peers_.get());
  return open_servers();
}

Result<void> RunningNode::open_store() {
  storage::RocksdbOptions options;
  options.data_dir = node_.data_dir;
  options.node_name = node_.name;
  options.cache_bytes = node_.storage.cache_bytes;
  options.log = [this](storage::LogSeverity severity, std::string_view text) {
    switch (severity) {
      case storage::LogSeverity::info:
        return log_.debug(text);
      case storage::LogSeverity::warning:
        return log_.warning(text);
      case storage::LogSeverity::error:
        return log_.error(text);
    }
  };
  auto opened = storage::open_rocksdb_store(options, random_);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  store_ = std::move(opened->store);
  log_.info("data directory opened", {{"data_dir", node_.data_dir.string()},
                                      {"replica_id", store_->state().replica.to_string()},
                                      {"identity", storage::describe(opened->identity)}});
  return {};
}

Result<void> RunningNode::open_peers() {
  // A cluster of one may be given others later.
  if (node_.peers.listen_publish.empty()) return {};
  auto opened = transport::open_peer_link(
      peer_options(node_, *cluster_.get(), log_),
      [this](wire::PeerEnvelope envelope) { loop_->receive(std::move(envelope)); }, clock_);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  peers_ = std::move(*opened);
  log_.info("listening for peers", {{"publish", peers_->publish_endpoint()},
                                    {"sync", peers_->sync_endpoint()},
                                    {"public_key", public_key_.empty() ? "none" : public_key_}});
  return {};
}

Result<void> RunningNode::open_servers() {
  transport::ServerOptions admin;
  admin.listen = node_.admin.listen;
  auto opened = transport::start_server(admin, admin_routes(*routes_), nullptr, nullptr, clock_);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  admin_ = std::move(*opened);
  log_.info("listening for operators", {{"listen", node_.admin.listen}, {"port", admin_->port()}});

  // One core is the replica's; the others read and write frames.
  const unsigned threads = std::clamp(std::thread::hardware_concurrency() / 2, 1U, 8U);
  // Operators are heard already, and may ask for a reload.
  const std::lock_guard lock(reloading_);
  transport::ServerOptions clients;
  clients.listen = node_.clients.listen;
  clients.threads = threads;
  clients.sessions = sessions_;
  clients.tls = tls_;
  clients.journal = &connections_;
  opened =
      transport::start_server(clients, client_routes(*routes_), &*loop_, &authenticator_, clock_);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  clients_ = std::move(*opened);
  routes_->clients = clients_.get();
  {
    const std::lock_guard taking(draining_);
    is_taking_clients_ = true;
  }
  log_.info(
      "listening for clients",
      {{"listen", node_.clients.listen}, {"port", clients_->port()}, {"tls", tls_ != nullptr}});
  note_tls();
  return {};
}

Result<void> RunningNode::set_draining(bool draining) {
  const std::lock_guard lock(draining_);
  if (!is_taking_clients_) return fail(Errc::refused, "this node is starting or stopping");
  turn_clients_away(draining);
  return {};
}

void RunningNode::turn_clients_away(bool draining) {
  routes_->draining = draining;
  loop_->set_draining(draining);
  if (draining) {
    clients_->drain();
  } else {
    clients_->resume();
  }
}

void RunningNode::say_farewell() {
  const auto limit = std::chrono::steady_clock::now() + farewell_limit;
  while (peers_ && std::chrono::steady_clock::now() < limit) {
    std::atomic<bool> answered{false};
    bool all_have_it = false;
    loop_->ask([&](const ReplicaLoop::View& view) {
      const auto status = view.replica.status(view.now);
      all_have_it = std::all_of(status.peers.begin(), status.peers.end(), [](const auto& peer) {
        return !peer.connected || peer.lag_writes.value_or(0) == 0;
      });
      answered = true;
      answered.notify_one();
    });
    answered.wait(false);
    if (all_have_it) return;
    std::this_thread::sleep_for(farewell_poll);
  }
}

void RunningNode::stop() {
  if (clients_) {
    log_.info("draining: clients are sent away", {{"connections", clients_->connections()}});
    {
      const std::lock_guard lock(draining_);
      turn_clients_away(true);
      is_taking_clients_ = false;
    }
    clients_->stop();
    say_farewell();
  }
  if (admin_) admin_->stop();
  if (loop_) loop_->stop();
  peers_.reset();
  admin_.reset();
  clients_.reset();
  loop_.reset();
  store_.reset();
}

/// What a reload cannot bring.
Result<void> RunningNode::check_reload(const Configuration& next) const {
  if (next.node.name != node_.name) {
    return fail(Errc::refused, "this node is \"" + node_.name + "\"; another name takes a restart");
  }
  if (next.node.peers.secret_key.empty() != node_.peers.secret_key.empty()) {
    return fail(Errc::refused, "to begin or end the encryption of links takes a restart");
  }
  if (!peers_ && next.cluster.members.size() > 1) {
    return fail(Errc::refused,
                "this node was started alone, without [peers]; members beside it take a restart");
  }
  return {};
}

Result<std::vector<std::string>> RunningNode::reload() {
  const std::lock_guard lock(reloading_);
  if (node_.source.file.empty()) return fail(Errc::refused, "this node runs without files");
  auto next = load_configuration(node_.source.file);
  if (!next) return tl::unexpected(std::move(next.error()));
  if (auto possible = check_reload(*next); !possible) {
    return tl::unexpected(std::move(possible.error()));
  }
  auto changes = compare_clusters(*cluster_.get(), next->cluster);
  if (!changes) return changes;

  loop_->reconfigure(replica_settings(next->node, next->cluster),
                     session_options(next->node, next->cluster));
  change_own_key(next->node.peers, *changes);
  change_tls(next->node.clients, *changes);
  if (peers_) peers_->set_peers(peer_addresses(next->node, next->cluster));
  authenticator_.replace(std::move(next->node.auth));
  cluster_.set(std::move(next->cluster));
  note_tls();
  return changes;
}

void RunningNode::change_own_key(const PeersConfig& next, std::vector<std::string>& changes) {
  if (next.public_key == public_key_) return;
  if (peers_) peers_->set_keys({next.secret_key, next.public_key});
  public_key_ = next.public_key;
  changes.push_back("this node goes by another key, whose public half is " + public_key_);
}

void RunningNode::change_tls(const ClientsConfig& next, std::vector<std::string>& changes) {
  const bool is_same = tls_ && next.tls ? tls_->same_certificate(*next.tls) : tls_ == next.tls;
  // The same certificate keeps the context, and with it the sessions that clients may resume.
  if (!is_same) {
    changes.push_back(!next.tls ? "new clients are taken without TLS"
                      : tls_    ? "new clients are shown another certificate"
                                : "new clients are taken by TLS");
    tls_ = next.tls;
    if (clients_) clients_->use_tls(tls_);
  }
}

/// What an operator should know of the certificate in use, and Prometheus.
void RunningNode::note_tls() {
  routes_->tls_expires_at_s = tls_ ? tls_->expires_at_s() : 0;
  if (!tls_) return;
  const std::int64_t left_s = tls_->expires_at_s() - clock_.now().wall_ms / 1000;
  if (left_s < certificate_warning.count()) {
    log_.warning("the certificate for clients ends soon: put the next one in its place and reload",
                 {{"days_left", left_s / 86'400}});
  }
  const std::string& url = cluster_.get()->find(node_.name)->client_url;
  if (url.starts_with("ws://")) {
    log_.warning(
        "clients are taken by TLS, and the cluster file sends them here without: client_url "
        "should begin with wss://",
        {{"client_url", url}});
  }
}

}  // namespace anabranch::node
