#include "base/clock.h"
#include "node/address.h"
#include "node/auth_config.h"
#include "node/config.h"
#include "node/config_rules.h"
#include "node/files.h"
#include "node/settings_reader.h"
#include "transport/peer/peer_link.h"

#include <limits>
#include <utility>

namespace anabranch::node {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mebibyte = 1 << 20;
/// A write goes to the peers in one message, which has a limit of its own.
constexpr std::uint64_t max_update_bytes = 8 * mebibyte;
constexpr std::uint64_t max_frame_bytes = 64 * mebibyte;
constexpr std::uint64_t max_count = 1'000'000'000;
/// A certificate and those that lead from it to one that clients know.
constexpr std::size_t max_certificate_bytes = 256 << 10;

/// Both files are read whatever is wrong with one, so that a person mends them in one go.
void read_tls_files(Section& section, const std::filesystem::path& certificate_file,
                    const std::filesystem::path& key_file, ClientsConfig& config) {
  const auto certificate = read_file(certificate_file, max_certificate_bytes);
  if (!certificate) section.wrong("tls_certificate", certificate.error().message);
  const auto key = read_secret_file(key_file);
  if (!key) section.wrong("tls_key", key.error().message);
  if (!certificate || !key) return;
  auto made = transport::TlsContext::make(*certificate, *key, SystemClock().now().wall_ms);
  if (made) {
    config.tls = std::move(*made);
  } else if (made.error().of == transport::TlsContext::Fault::Of::key) {
    section.wrong("tls_key", key_file.string() + ": " + made.error().problem);
  } else {
    section.wrong("tls_certificate", certificate_file.string() + ": " + made.error().problem);
  }
}

void read_tls(Section& section, ClientsConfig& config) {
  std::filesystem::path certificate;
  std::filesystem::path key;
  section.path("tls_certificate", certificate);
  section.path("tls_key", key);
  const bool has_certificate = section.has("tls_certificate");
  const bool has_key = section.has("tls_key");
  if (has_certificate && !has_key) section.wrong("tls_key", "is missing: tls_certificate needs it");
  if (has_key && !has_certificate) section.wrong("tls_certificate", "is missing: tls_key needs it");
  if (!certificate.empty() && !key.empty()) read_tls_files(section, certificate, key, config);
}

ClientsConfig read_clients(Section section) {
  ClientsConfig config;
  section.text("listen", config.listen, check_listen);
  config.listen = without_localhost(config.listen);
  read_tls(section, config);
  section.texts("allowed_origins", config.allowed_origins, check_origin);
  section.number("max_update_bytes", config.max_update_bytes, 64, max_update_bytes);
  section.number("max_frame_bytes", config.max_frame_bytes, 64, max_frame_bytes);
  section.number("send_buffer_bytes", config.send_buffer_bytes, 1024, 1024 * mebibyte);
  section.duration("idle_timeout", config.idle_timeout, 100ms, 24h);
  section.number("max_connections", config.max_connections, 1, 10'000'000);
  section.number("max_connections_per_user", config.max_connections_per_user, 1, 10'000'000);
  section.flag("compression", config.compression);
  if (config.max_update_bytes > config.max_frame_bytes) {
    section.wrong("max_update_bytes", "must be at most clients.max_frame_bytes (" +
                                          std::to_string(config.max_frame_bytes) + "), is " +
                                          std::to_string(config.max_update_bytes));
  }
  section.finish();
  return config;
}

LimitsConfig read_limits(Section section) {
  LimitsConfig config;
  section.number("updates_per_minute", config.updates_per_minute, 0, max_count);
  section.number("update_burst", config.update_burst, 1, max_count);
  section.number("state_bytes", config.state_bytes, 1, 1024 * mebibyte);
  section.number("state_paths", config.state_paths, 1, 10'000'000);
  section.finish();
  return config;
}

void read_secret_key(Section& section, PeersConfig& config) {
  std::filesystem::path file;
  section.path("secret_key_file", file);
  if (file.empty()) return;
  auto secret = read_secret_file(file);
  if (!secret) return section.wrong("secret_key_file", secret.error().message);
  const auto public_key =
      check_curve_key(*secret) ? fail(Errc::malformed, "") : transport::curve_public_key(*secret);
  if (!public_key) {
    return section.wrong("secret_key_file",
                         file.string() + ": holds no secret key; `anabranch keygen` makes one");
  }
  config.secret_key = std::move(*secret);
  config.public_key = *public_key;
}

PeersConfig read_peers(Section section) {
  PeersConfig config;
  section.text("listen_publish", config.listen_publish, check_listen_endpoint);
  section.text("listen_sync", config.listen_sync, check_listen_endpoint);
  config.listen_publish = without_localhost(config.listen_publish);
  config.listen_sync = without_localhost(config.listen_sync);
  read_secret_key(section, config);
  section.finish();
  return config;
}

bool fits_a_header(const std::string& token) {
  return token.find_first_not_of(
             "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~+/=") ==
         std::string::npos;
}

AdminConfig read_admin(Section section) {
  AdminConfig config;
  section.text("listen", config.listen, check_listen);
  config.listen = without_localhost(config.listen);
  std::filesystem::path file;
  section.path("token_file", file);
  if (!file.empty()) {
    auto token = read_long_secret_file(file);
    if (!token) {
      section.wrong("token_file", token.error().message);
    } else if (!fits_a_header(*token)) {
      section.wrong("token_file", file.string() +
                                      ": a token may have letters, digits and -._~+/= only, as "
                                      "it travels in an HTTP header");
    } else {
      config.token = std::move(*token);
    }
  }
  const auto place = parse_host_port(config.listen);
  if (place && !is_loopback(place->host) && !section.has("token_file")) {
    section.wrong("token_file", "is missing: admin.listen is beyond loopback");
  }
  section.finish();
  return config;
}

StorageConfig read_storage(Section section) {
  StorageConfig config;
  section.number("cache_bytes", config.cache_bytes, mebibyte, mebibyte * mebibyte);
  section.finish();
  return config;
}

template <class Value>
using Choices = std::vector<std::pair<std::string, Value>>;

template <class Value>
void read_choice(Section& section, const std::string& key, Value& out,
                 const Choices<Value>& choices) {
  std::string written;
  section.text(key, written, [&](const std::string& text) -> Problem {
    std::string allowed;
    for (const auto& [name, value] : choices) {
      if (name == text) {
        out = value;
        return {};
      }
      allowed += (allowed.empty() ? "\"" : ", \"") + name + '"';
    }
    return "must be one of " + allowed + ", is \"" + text + '"';
  });
}

LogConfig read_log(Section section) {
  LogConfig config;
  read_choice(section, "level", config.level,
              Choices<LogLevel>{{"debug", LogLevel::debug},
                                {"info", LogLevel::info},
                                {"warning", LogLevel::warning},
                                {"warn", LogLevel::warning},
                                {"error", LogLevel::error}});
  read_choice(section, "format", config.format,
              Choices<LogFormat>{{"text", LogFormat::text}, {"json", LogFormat::json}});
  section.finish();
  return config;
}

void read_required_path(Section& section, const std::string& key, std::filesystem::path& out) {
  if (!section.has(key)) section.wrong(key, "is missing");
  section.path(key, out);
}

}  // namespace

Result<NodeConfig> load_node_config(const std::filesystem::path& file) {
  const auto root_node = read_toml_file(file);
  if (!root_node) return tl::unexpected(root_node.error());
  Issues issues(file);
  Section root(&std::get<TomlTable>(root_node->value), 1, "", issues);
  NodeConfig config;
  root.required_text("name", config.name, check_name);
  read_required_path(root, "data_dir", config.data_dir);
  read_required_path(root, "cluster_file", config.cluster_file);
  config.clients = read_clients(root.table("clients"));
  config.auth = read_auth(root.table("auth"));
  config.limits = read_limits(root.table("limits"));
  config.peers = read_peers(root.table("peers"));
  config.admin = read_admin(root.table("admin"));
  config.storage = read_storage(root.table("storage"));
  config.log = read_log(root.table("log"));
  root.finish();
  if (!issues.empty()) return tl::unexpected(issues.to_error());
  config.source = std::move(issues.source());
  return config;
}

}  // namespace anabranch::node
