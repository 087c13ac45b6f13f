#pragma once

#include "base/result.h"
#include "transport/client/tls_context.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The two files that a node is started with, checked and ready to use: paths are absolute or
// relative to the working directory, key files are read. No setting is checked anywhere else.

namespace anabranch::node {

/// Where settings came from, so that what is found out later still names file, line and key.
struct ConfigSource {
  std::filesystem::path file;        ///< empty: made in memory, by no file
  std::map<std::string, int> lines;  ///< of each key that the file sets, "peers.listen_sync"

  /// "node.toml:12: limits.update_burst: <problem>".
  std::string describe(const std::string& key, std::string_view problem) const;
};

struct ClientsConfig {
  std::string listen = "127.0.0.1:8101";  ///< an IP address and a port; port 0: any free one
  std::shared_ptr<const transport::TlsContext> tls;  ///< null: no TLS
  std::vector<std::string> allowed_origins;          ///< empty: any
  std::size_t max_update_bytes = 65536;
  std::size_t max_frame_bytes = 1048576;    ///< not below max_update_bytes
  std::size_t send_buffer_bytes = 8388608;  ///< per connection
  std::chrono::milliseconds idle_timeout{60'000};
  std::size_t max_connections = 50000;
  std::size_t max_connections_per_user = 64;
  bool compression = false;
};

enum class Algorithm { hs256, rs256, es256 };
std::string_view algorithm_name(Algorithm algorithm);

/// A key that tokens are checked with. It serves one algorithm, whatever a token says.
struct AuthKey {
  std::optional<std::string> kid;  ///< without: serves tokens that name none
  Algorithm algorithm = Algorithm::hs256;
  std::string material;  ///< HS256: the secret's bytes; else the public key as PEM
};

struct AuthConfig {
  std::vector<Algorithm> algorithms{Algorithm::hs256};
  std::string issuer;    ///< empty: any
  std::string audience;  ///< empty: any
  std::chrono::milliseconds leeway{0};
  std::vector<AuthKey> keys;
};

struct LimitsConfig {
  std::uint64_t updates_per_minute = 100;  ///< per user on this node; 0: off
  std::uint64_t update_burst = 100;
  std::size_t state_bytes = 5242880;  ///< per user
  std::size_t state_paths = 10000;    ///< per user
};

struct PeersConfig {
  std::string listen_publish;  ///< "tcp://address:port"; empty in a cluster of one
  std::string listen_sync;
  std::string secret_key;  ///< Z85; empty: plain text, all on loopback
  std::string public_key;  ///< Z85; belongs to secret_key
};

struct AdminConfig {
  std::string listen = "127.0.0.1:9101";
  std::string token;  ///< empty: none asked for, on loopback only
};

struct StorageConfig {
  std::size_t cache_bytes = 268435456;
};

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

/// One node's own settings.
struct NodeConfig {
  ConfigSource source;
  std::string name;
  std::filesystem::path data_dir;
  std::filesystem::path cluster_file;
  ClientsConfig clients;
  AuthConfig auth;
  LimitsConfig limits;
  PeersConfig peers;
  AdminConfig admin;
  StorageConfig storage;
  LogConfig log;
};

struct ReplicationConfig {
  std::size_t acks = 0;  ///< below the number of members
  std::chrono::milliseconds tombstone_retention{std::chrono::hours(24 * 30)};
};

struct MemberConfig {
  int line = 0;  ///< in the cluster file
  std::string name;
  std::string region;
  std::string publish;     ///< "tcp://host:port"
  std::string sync;        ///< "tcp://host:port"
  std::string public_key;  ///< Z85, 40 characters; empty: plain text
  std::string client_url;  ///< empty: takes no clients from outside
  /// The key that it changes to; empty where it does not. Until that is done it may go by either.
  std::string next_public_key = {};
};

/// What every node of a cluster agrees on.
struct ClusterConfig {
  ConfigSource source;
  std::string name;
  std::uint64_t epoch = 1;
  ReplicationConfig replication;
  std::vector<MemberConfig> members;  ///< in the order of the file; names and keys are distinct

  const MemberConfig* find(std::string_view member) const;
};

/// Whether this is one of the keys that the member may go by.
bool has_key(const MemberConfig& member, std::string_view public_key);

/// Errors are Errc::invalid_config; the message has one line for each thing wrong, with file, line
/// and key. Reads the key and secret files that node.toml names, but not the cluster file.
Result<NodeConfig> load_node_config(const std::filesystem::path& file);
Result<ClusterConfig> load_cluster_config(const std::filesystem::path& file);

/// What one file cannot tell by itself: this node is a member, keys match, plain text stays on
/// loopback.
Result<void> check_together(const NodeConfig& node, const ClusterConfig& cluster);

/// Both files of a node, checked together.
struct Configuration {
  NodeConfig node;
  ClusterConfig cluster;
};
Result<Configuration> load_configuration(const std::filesystem::path& node_file);

}  // namespace anabranch::node
