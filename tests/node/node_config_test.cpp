#include "node/config.h"
#include "tests/node/node_files.h"
#include "tests/node/readable_name.h"
#include "transport/peer/peer_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

namespace anabranch::node {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The message with which a node.toml with `more` from line 4 on is refused.
std::string refusal(const NodeFiles& files, const std::string& more) {
  const auto config = load_node_config(files.write_node(more));
  if (config) return "valid";
  EXPECT_EQ(config.error().code, Errc::invalid_config);
  return config.error().message;
}

TEST(NodeConfig, DefaultsAreThoseOfTheManual) {
  const NodeFiles files;
  const auto config = load_node_config(files.write_node());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->name, "eu");
  EXPECT_EQ(config->data_dir, files.scratch / "data");
  EXPECT_EQ(config->cluster_file, files.scratch / "cluster.toml");
  EXPECT_EQ(config->clients.listen, "127.0.0.1:8101");
  EXPECT_EQ(config->clients.tls, nullptr);
  EXPECT_TRUE(config->clients.allowed_origins.empty());
  EXPECT_EQ(config->clients.max_update_bytes, 65536u);
  EXPECT_EQ(config->clients.max_frame_bytes, 1048576u);
  EXPECT_EQ(config->clients.send_buffer_bytes, 8388608u);
  EXPECT_EQ(config->clients.idle_timeout, 60s);
  EXPECT_EQ(config->clients.max_connections, 50000u);
  EXPECT_EQ(config->clients.max_connections_per_user, 64u);
  EXPECT_FALSE(config->clients.compression);
  EXPECT_THAT(config->auth.algorithms, ElementsAre(Algorithm::hs256));
  EXPECT_EQ(config->auth.leeway, 0s);
  EXPECT_EQ(config->limits.updates_per_minute, 100u);
  EXPECT_EQ(config->limits.update_burst, 100u);
  EXPECT_EQ(config->limits.state_bytes, 5242880u);
  EXPECT_EQ(config->limits.state_paths, 10000u);
  EXPECT_EQ(config->admin.listen, "127.0.0.1:9101");
  EXPECT_EQ(config->storage.cache_bytes, 268435456u);
  EXPECT_EQ(config->log.level, LogLevel::info);
  EXPECT_EQ(config->log.format, LogFormat::text);
}

TEST(NodeConfig, EverySettingIsRead) {
  const NodeFiles files;
  const auto keys = transport::make_curve_keys();
  files.scratch.write("eu.key", keys.secret_key + '\n');
  files.scratch.write("admin.token", std::string(40, 'T') + '\n', 0640);
  const auto config = load_node_config(files.write_node(R"(
[clients]
listen = "[::1]:0"
allowed_origins = ["https://app.example", "http://localhost:5173"]
max_update_bytes = 1000
max_frame_bytes = 2000
send_buffer_bytes = 3000
idle_timeout = "500ms"
max_connections = 7
max_connections_per_user = 3
compression = true
[limits]
updates_per_minute = 0
update_burst = 5
state_bytes = 20000
state_paths = 50
[peers]
listen_publish = "tcp://0.0.0.0:7101"
listen_sync = "tcp://localhost:7201"
secret_key_file = "eu.key"
[admin]
listen = "0.0.0.0:9101"
token_file = "admin.token"
[storage]
cache_bytes = 1048576
[log]
level = "debug"
format = "json"
[auth]
algorithms = ["HS256", "ES256"]
issuer = "https://id.example"
audience = "sync"
leeway = "5s"
)"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->clients.listen, "[::1]:0");
  EXPECT_THAT(config->clients.allowed_origins,
              ElementsAre("https://app.example", "http://localhost:5173"));
  EXPECT_EQ(config->clients.max_update_bytes, 1000u);
  EXPECT_EQ(config->clients.max_frame_bytes, 2000u);
  EXPECT_EQ(config->clients.send_buffer_bytes, 3000u);
  EXPECT_EQ(config->clients.idle_timeout, 500ms);
  EXPECT_EQ(config->clients.max_connections, 7u);
  EXPECT_EQ(config->clients.max_connections_per_user, 3u);
  EXPECT_TRUE(config->clients.compression);
  EXPECT_EQ(config->limits.updates_per_minute, 0u);
  EXPECT_EQ(config->limits.update_burst, 5u);
  EXPECT_EQ(config->limits.state_bytes, 20000u);
  EXPECT_EQ(config->limits.state_paths, 50u);
  EXPECT_EQ(config->peers.listen_publish, "tcp://0.0.0.0:7101");
  EXPECT_EQ(config->peers.listen_sync, "tcp://127.0.0.1:7201");
  EXPECT_EQ(config->peers.secret_key, keys.secret_key);
  EXPECT_EQ(config->peers.public_key, keys.public_key);
  EXPECT_EQ(config->admin.token, std::string(40, 'T'));
  EXPECT_EQ(config->storage.cache_bytes, 1048576u);
  EXPECT_EQ(config->log.level, LogLevel::debug);
  EXPECT_EQ(config->log.format, LogFormat::json);
  EXPECT_THAT(config->auth.algorithms, ElementsAre(Algorithm::hs256, Algorithm::es256));
  EXPECT_EQ(config->auth.issuer, "https://id.example");
  EXPECT_EQ(config->auth.audience, "sync");
  EXPECT_EQ(config->auth.leeway, 5s);
}

struct Bad {
  const char* setting;  ///< stands on line 5, below its table on line 4
  const char* key;
  const char* problem;
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << readable_name(std::string(bad.key) + ' ' + bad.setting);
}

class NodeConfigBad : public testing::TestWithParam<Bad> {};

TEST_P(NodeConfigBad, IsRefusedWithFileLineAndKey) {
  const NodeFiles files;
  const auto& [setting, key, problem] = GetParam();
  const std::string full_key = key;
  const std::string table = full_key.substr(0, full_key.find('.'));
  const std::string message = refusal(files, '[' + table + "]\n" + setting + '\n');
  EXPECT_THAT(message, HasSubstr((files.scratch / "node.toml").string() + ":5: " + key + ": "));
  EXPECT_THAT(message, HasSubstr(problem));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, NodeConfigBad,
    testing::Values(
        Bad{"listen = 8101", "clients.listen", "must be text in quotes, is a whole number"},
        Bad{"listen = \"8101\"", "clients.listen", "must be an IP address and a port"},
        Bad{"listen = \"127.0.0.1\"", "clients.listen", "must be an IP address and a port"},
        Bad{"listen = \"127.0.0.1:65536\"", "clients.listen", "from 0 to 65535"},
        Bad{"listen = \"127.0.0.1:-1\"", "clients.listen", "from 0 to 65535"},
        Bad{"listen = \"::1:8101\"", "clients.listen", "[::1]:8101"},
        Bad{"listen = \"node.example:8101\"", "clients.listen", "must be an IP address"},
        Bad{"listen = \"*:8101\"", "clients.listen", "must be an IP address"},
        Bad{"allowed_origins = \"https://a.example\"", "clients.allowed_origins",
            "must be a list of texts, is text"},
        Bad{"allowed_origins = [1]", "clients.allowed_origins", "holds a whole number"},
        Bad{"allowed_origins = [\"https://a.example/\"]", "clients.allowed_origins",
            "without a path"},
        Bad{"allowed_origins = [\"*\"]", "clients.allowed_origins", "an empty list allows any"},
        Bad{"max_update_bytes = 0", "clients.max_update_bytes", "must be at least 64, is 0"},
        Bad{"max_update_bytes = 2000000", "clients.max_update_bytes",
            "must be at most clients.max_frame_bytes (1048576), is 2000000"},
        Bad{"max_update_bytes = 65536.0", "clients.max_update_bytes",
            "must be a whole number, is a fraction"},
        Bad{"max_update_bytes = 99999999", "clients.max_update_bytes", "must be at most 8388608"},
        Bad{"max_frame_bytes = -5", "clients.max_frame_bytes", "must be at least 64, is -5"},
        Bad{"max_frame_bytes = 999999999", "clients.max_frame_bytes", "must be at most"},
        Bad{"send_buffer_bytes = 10", "clients.send_buffer_bytes", "must be at least 1024, is 10"},
        Bad{"send_buffer_bytes = \"8M\"", "clients.send_buffer_bytes",
            "must be a whole number, is text"},
        Bad{"idle_timeout = 60", "clients.idle_timeout", "must be text in quotes"},
        Bad{"idle_timeout = \"60\"", "clients.idle_timeout",
            "must be a duration such as 500ms, 60s, 5m, 1h or 30d, is \"60\""},
        Bad{"idle_timeout = \"0s\"", "clients.idle_timeout", "must be at least 100ms, is 0s"},
        Bad{"idle_timeout = \"-5s\"", "clients.idle_timeout", "must be a duration"},
        Bad{"idle_timeout = \"2d\"", "clients.idle_timeout", "must be at most 1d, is 2d"},
        Bad{"max_connections = 0", "clients.max_connections", "must be at least 1, is 0"},
        Bad{"max_connections_per_user = true", "clients.max_connections_per_user",
            "must be a whole number, is true or false"},
        Bad{"max_connections_per_user = 0", "clients.max_connections_per_user",
            "must be at least 1, is 0"},
        Bad{"compression = \"yes\"", "clients.compression", "must be true or false, is text"},
        Bad{"compresion = true", "clients.compresion", "unknown key; known here are "},
        Bad{"tls_certificate = 5", "clients.tls_certificate", "must be text in quotes"},
        Bad{"algorithms = \"HS256\"", "auth.algorithms", "must be a list of texts"},
        Bad{"algorithms = []", "auth.algorithms", "must name at least one"},
        Bad{"algorithms = [\"none\"]", "auth.algorithms", "must be some of HS256, RS256 and ES256"},
        Bad{"algorithms = [\"hs256\"]", "auth.algorithms", "holds \"hs256\""},
        Bad{"algorithms = [\"HS256\", \"EdDSA\"]", "auth.algorithms",
            "EdDSA is not available in this version"},
        Bad{"issuer = 1", "auth.issuer", "must be text in quotes"},
        Bad{"audience = [\"a\"]", "auth.audience", "must be text in quotes, is a list"},
        Bad{"leeway = \"2h\"", "auth.leeway", "must be at most 1h, is 2h"},
        Bad{"secret = \"x\"", "auth.secret", "unknown key"},
        Bad{"updates_per_minute = -1", "limits.updates_per_minute", "must be at least 0, is -1"},
        Bad{"update_burst = 0", "limits.update_burst", "must be at least 1, is 0"},
        Bad{"update_burst = 1e3", "limits.update_burst", "must be a whole number, is a fraction"},
        Bad{"state_bytes = 0", "limits.state_bytes", "must be at least 1, is 0"},
        Bad{"state_paths = 0", "limits.state_paths", "must be at least 1, is 0"},
        Bad{"state_path = 1", "limits.state_path", "unknown key"},
        Bad{"listen_publish = \"127.0.0.1:7101\"", "peers.listen_publish", "tcp://127.0.0.1:7101"},
        Bad{"listen_publish = \"tcp://peer.example:7101\"", "peers.listen_publish",
            "with an IP address"},
        Bad{"listen_sync = \"udp://127.0.0.1:7101\"", "peers.listen_sync", "must be an endpoint"},
        Bad{"listen_sync = \"tcp://127.0.0.1:99999\"", "peers.listen_sync", "must be an endpoint"},
        Bad{"secret_key_file = \"absent.key\"", "peers.secret_key_file",
            "absent.key: cannot be read: No such file"},
        Bad{"secret_key_file = \"\"", "peers.secret_key_file", "must not be empty"},
        Bad{"secret_key_file = \"jwt.secret\"", "peers.secret_key_file", "holds no secret key"},
        Bad{"listen = 1", "admin.listen", "must be text in quotes"},
        Bad{"listen = \"\"", "admin.listen", "must be an IP address and a port"},
        Bad{"token_file = \"absent\"", "admin.token_file", "absent: cannot be read"},
        Bad{"token_file = \".\"", "admin.token_file", "is not a regular file"},
        Bad{"token = \"x\"", "admin.token", "unknown key"},
        Bad{"cache_bytes = 5", "storage.cache_bytes", "must be at least 1048576, is 5"},
        Bad{"cache_bytes = 2000000000000", "storage.cache_bytes", "must be at most"},
        Bad{"cache = 5", "storage.cache", "unknown key; known here are cache_bytes"},
        Bad{"level = \"loud\"", "log.level",
            "must be one of \"debug\", \"info\", \"warning\", \"warn\", \"error\", is \"loud\""},
        Bad{"format = \"xml\"", "log.format", "must be one of \"text\", \"json\", is \"xml\""},
        Bad{"file = \"x\"", "log.file", "unknown key"}));

TEST(NodeConfig, RootKeysAreRequired) {
  const NodeFiles files;
  const auto file = files.scratch.write("node.toml", "# nothing\n");
  const std::string message = load_node_config(file).error().message;
  for (const char* key : {"name", "data_dir", "cluster_file"}) {
    EXPECT_THAT(message, HasSubstr(file.string() + ":1: " + key + ": is missing"));
  }
  EXPECT_THAT(message, HasSubstr("auth.key: is missing: at least one [[auth.key]] is needed"));
}

TEST(NodeConfig, RootKeysOfTheWrongKindAreRefused) {
  const NodeFiles files;
  const auto message = [&](const std::string& text) {
    const auto config = load_node_config(files.scratch.write("node.toml", text));
    return config ? "valid" : config.error().message;
  };
  EXPECT_THAT(message("name = 5"), HasSubstr(":1: name: must be text in quotes"));
  EXPECT_THAT(message("name = \"a b\""), HasSubstr(":1: name: must be 1 to 64 letters"));
  EXPECT_THAT(message("name = \"\""), HasSubstr(":1: name: must be 1 to 64 letters"));
  EXPECT_THAT(message("name = \"" + std::string(65, 'a') + '"'), HasSubstr(":1: name: must be"));
  EXPECT_THAT(message("\n\ndata_dir = 2026-01-01"),
              HasSubstr(":3: data_dir: must be text in quotes, is a date"));
  EXPECT_THAT(message("data_dir = \"\""), HasSubstr(":1: data_dir: must not be empty"));
  EXPECT_THAT(message("clients = 5"), HasSubstr(":1: clients: must be a table, [clients]"));
  EXPECT_THAT(message("[[clients]]"),
              HasSubstr(":1: clients: must be a table, [clients], is a list"));
  EXPECT_THAT(message("auth.key = 5"), HasSubstr(":1: auth.key: must be tables, each under"));
  EXPECT_THAT(message("\n[client]\nlisten = \"x\""), HasSubstr(":2: client: unknown key"));
}

TEST(NodeConfig, WhatIsNotTomlIsRefusedWithItsLine) {
  const NodeFiles files;
  const auto message = [&](const std::string& text) {
    return load_node_config(files.scratch.write("node.toml", text)).error().message;
  };
  EXPECT_THAT(message("name = \"eu\"\ndata_dir = \n"), HasSubstr("node.toml:2: not TOML: "));
  EXPECT_THAT(message("name = \"eu\"\nname = \"us\"\n"), HasSubstr("node.toml:2: not TOML: "));
  EXPECT_THAT(message("a = \"\xff\""), HasSubstr("node.toml:1: not TOML: "));
  EXPECT_THAT(message("a = " + std::string(100000, '[')), HasSubstr("node.toml:1: not TOML: "));
  EXPECT_THAT(message(std::string(2 << 20, '#')), HasSubstr("is larger than"));
}

TEST(NodeConfig, KeysOfEndlessPartsAreRefused) {
  const NodeFiles files;
  std::string parts = "a";
  for (int i = 0; i < 300'000; ++i) parts += ".a";
  const auto message = [&](const std::string& text) {
    return load_node_config(files.scratch.write("node.toml", text)).error().message;
  };
  EXPECT_THAT(message("\n" + parts + " = 1\n"), HasSubstr("node.toml:2: more than 256 dots"));
  EXPECT_THAT(message("[" + parts + "]\n"), HasSubstr("node.toml:1: more than 256 dots"));
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += parts.substr(0, 500) + " = [{\n";
  EXPECT_THAT(message(nested), HasSubstr(": not TOML: "));
}

TEST(NodeConfig, WhatIsToldOfATextStaysOnOneLine) {
  const NodeFiles files;
  const std::string message =
      refusal(files, "[clients]\nlisten = \"a\\nb\\u001b[31m\"\n\"k\\n\" = 1\n");
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 1);
  EXPECT_THAT(message, HasSubstr(":5: clients.listen: "));
  EXPECT_THAT(message, HasSubstr("is \"a\\x0ab\\x1b[31m\""));
  EXPECT_THAT(message, HasSubstr(":6: clients.k\\x0a: unknown key"));
  const std::string not_toml = refusal(files, "data = n\n");
  EXPECT_EQ(std::count(not_toml.begin(), not_toml.end(), '\n'), 0);
}

TEST(NodeConfig, AMissingFileIsNamed) {
  EXPECT_THAT(load_node_config("/nowhere/node.toml").error().message,
              HasSubstr("/nowhere/node.toml: cannot be read: No such file or directory"));
}

TEST(NodeConfig, EverythingWrongIsReportedInTheOrderOfTheFile) {
  const NodeFiles files;
  const std::string message =
      refusal(files, "[limits]\nupdate_burst = 0\nstate_paths = 0\n[clients]\nlisten = 1\n");
  EXPECT_LT(message.find(":5: limits.update_burst"), message.find(":6: limits.state_paths"));
  EXPECT_LT(message.find(":6: limits.state_paths"), message.find(":8: clients.listen"));
  EXPECT_NE(message.find(":8: clients.listen"), std::string::npos);
}

TEST(NodeConfig, TheAdminPortBeyondLoopbackWantsAToken) {
  const NodeFiles files;
  EXPECT_THAT(refusal(files, "[admin]\nlisten = \"0.0.0.0:9101\"\n"),
              HasSubstr(":4: admin.token_file: is missing: admin.listen is beyond loopback"));
  EXPECT_THAT(refusal(files, "[admin]\nlisten = \"[::]:9101\"\n"), HasSubstr("admin.token_file"));
  for (const char* listen : {"127.0.0.1:0", "127.9.9.9:1", "[::1]:9101", "localhost:9101"}) {
    EXPECT_EQ(refusal(files, "[admin]\nlisten = \"" + std::string(listen) + "\"\n"), "valid");
  }
}

TEST(NodeConfig, TheAdminTokenIsASecretThatFitsAHeader) {
  const NodeFiles files;
  const std::string admin = "[admin]\ntoken_file = \"token\"\n";
  files.scratch.write("token", std::string(31, 't') + '\n');
  EXPECT_THAT(refusal(files, admin), HasSubstr(":5: admin.token_file: "));
  files.scratch.write("token", std::string(32, ' '));
  EXPECT_THAT(refusal(files, admin), HasSubstr("HTTP header"));
  files.scratch.write("token", std::string(32, 't'), 0604);
  EXPECT_THAT(refusal(files, admin), HasSubstr("everyone on this machine may read it"));
  files.scratch.write("token", std::string(32, 't'), 0640);
  EXPECT_EQ(refusal(files, admin), "valid");
}

TEST(NodeConfig, ASecretKeyThatTheWorldMayReadIsRefused) {
  const NodeFiles files;
  const std::string secret_key = transport::make_curve_keys().secret_key;
  const std::string peers = "[peers]\nsecret_key_file = \"eu.key\"\n";
  files.scratch.write("eu.key", secret_key, 0644);
  const std::string message = refusal(files, peers);
  EXPECT_THAT(message, HasSubstr(":5: peers.secret_key_file: "));
  EXPECT_THAT(message, HasSubstr("chmod 600"));
  EXPECT_THAT(message, Not(HasSubstr(secret_key)));
  files.scratch.write("eu.key", secret_key, 0600);
  EXPECT_EQ(refusal(files, peers), "valid");
}

TEST(NodeConfig, PathsAreTakenFromTheFilesFolder) {
  const NodeFiles files;
  std::filesystem::create_directory(files.scratch / "conf");
  const auto file = files.scratch.write("conf/node.toml",
                                        "name = \"eu\"\ndata_dir = \"../data/eu\"\n"
                                        "cluster_file = \"/etc/cluster.toml\"\n"
                                        "[[auth.key]]\nsecret_file = \"../jwt.secret\"\n");
  const auto config = load_node_config(file);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->data_dir, files.scratch / "data/eu");
  EXPECT_EQ(config->cluster_file, "/etc/cluster.toml");
}

}  // namespace
}  // namespace anabranch::node
