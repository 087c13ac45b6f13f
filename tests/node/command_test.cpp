#include "base/clock.h"
#include "node/auth.h"
#include "node/version.h"
#include "tests/node/node_files.h"
#include "tests/node/one_answer_server.h"
#include "transport/peer/peer_link.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace anabranch::node {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs the program with `arguments` in a scratch folder of its own.
Outcome run(std::vector<std::string> arguments) {
  const Scratch scratch;
  const std::string out = scratch / "out";
  const std::string err = scratch / "err";
  arguments.insert(arguments.begin(), ANABRANCH_PROGRAM);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    if (::chdir(scratch.folder().c_str()) == 0) ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, scratch.read("out"), scratch.read("err")};
}

TEST(Command, HelpAndVersionAreEverywhere) {
  const std::string expected_version = "anabranch " + std::string(version()) + '\n';
  EXPECT_EQ(run({"--version"}).out, expected_version);
  EXPECT_THAT(run({"--help"}).out, HasSubstr("Subcommands:"));
  for (const char* command : {"serve", "check", "keygen", "token", "status", "get", "cluster",
                              "drain", "backup", "restore"}) {
    const Outcome help = run({command, "--help"});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr(std::string("anabranch ") + command)) << command;
    EXPECT_EQ(help.err, "") << command;
    const Outcome shown = run({command, "--version"});
    EXPECT_EQ(shown.code, 0) << command;
    EXPECT_EQ(shown.out, expected_version) << command;
  }
}

TEST(Command, WrongUsageIsTwoAndSaidOnStandardError) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{},
        {"bogus"},
        {"--bogus"},
        {"serve"},
        {"serve", "--dev", "--config", "x"},
        {"check"},
        {"keygen"},
        {"token", "--sub", "a"},
        {"status", "--admin"},
        {"get"},
        {"status", "--admin", "nonsense"},
        {"status", "--admin", "127.0.0.1:0"},
        {"drain", "--timeout", "soon"},
        {"drain", "--cancel", "--except", "b"},
        {"drain", "b"},
        {"backup"},
        {"backup", "--to", "b", "--keep", "0"},
        {"restore", "--from", "b"},
        {"restore", "--data-dir", "d"},
        {"restore", "--from", "none", "--data-dir", "d"},
        {"check", "x"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(outcome.out, "") << testing::PrintToString(arguments);
    EXPECT_NE(outcome.err, "") << testing::PrintToString(arguments);
  }
}

TEST(Command, KeygenWritesTheSecretAndPrintsThePublicKey) {
  const Scratch scratch;
  const Outcome made = run({"keygen", "--out", scratch / "eu.key"});
  EXPECT_EQ(made.code, 0) << made.err;
  const std::string secret = scratch.read("eu.key");
  ASSERT_EQ(secret.size(), 41u);
  EXPECT_EQ(made.out, transport::curve_public_key(secret.substr(0, 40)).value() + '\n');

  const Outcome again = run({"keygen", "--out", scratch / "eu.key"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
  EXPECT_EQ(scratch.read("eu.key"), secret);
}

TEST(Command, TokenPrintsATokenThatTheNodeTakes) {
  const NodeFiles files;
  const Outcome made = run({"token", "--secret-file", files.scratch / "jwt.secret", "--sub",
                            "alice", "--ttl", "1h", "--kid", "k"});
  ASSERT_EQ(made.code, 0) << made.err;
  AuthConfig config;
  config.keys.push_back({"k", Algorithm::hs256, std::string(32, 's')});
  const SystemClock clock;
  const auto identity =
      JwtAuthenticator(config, clock).verify(made.out.substr(0, made.out.size() - 1));
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->user, "alice");
  EXPECT_GT(identity->expires_at_ms, clock.now().wall_ms + 3'500'000);
  EXPECT_LE(identity->expires_at_ms, clock.now().wall_ms + 3'601'000);
  EXPECT_EQ(identity->expires_at_ms % 1000, 0) << "not every library reads fractions";
}

TEST(Command, TokenRefusesWhatTheNodeWould) {
  const NodeFiles files;
  const std::string secret = files.scratch / "jwt.secret";
  files.scratch.write("short", "short");
  files.scratch.write("open", std::string(32, 's'), 0644);
  EXPECT_EQ(run({"token", "--secret-file", secret, "--sub", ""}).code, 2);
  EXPECT_EQ(run({"token", "--secret-file", secret, "--sub", "a", "--ttl", "1"}).code, 2);
  EXPECT_EQ(run({"token", "--secret-file", secret, "--sub", "a", "--ttl", "0s"}).code, 2);
  for (const char* file : {"short", "open", "absent"}) {
    const Outcome refused = run({"token", "--secret-file", files.scratch / file, "--sub", "a"});
    EXPECT_EQ(refused.code, 2) << file;
    EXPECT_THAT(refused.err, HasSubstr(files.scratch / file)) << file;
  }
}

TEST(Command, CheckAcceptsValidFiles) {
  const NodeFiles files;
  const Outcome checked = run({"check", "--config",
                               files.write_node("[peers]\n"
                                                "listen_publish = \"tcp://127.0.0.1:7101\"\n"
                                                "listen_sync = \"tcp://127.0.0.1:7201\"\n")});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_EQ(checked.out, "valid: node eu of cluster demo (1 member, epoch 1)\n");
}

TEST(Command, CheckAndServeRefuseInvalidFiles) {
  const NodeFiles files;
  const auto expect_refusal = [&](const std::string& finding) {
    for (const char* command : {"check", "serve"}) {
      const Outcome refused = run({command, "--config", files.scratch / "node.toml"});
      EXPECT_EQ(refused.code, 2) << command;
      EXPECT_EQ(refused.out, "") << command;
      EXPECT_THAT(refused.err, HasSubstr(finding)) << command;
    }
  };
  expect_refusal("node.toml: cannot be read: No such file or directory");
  files.write_node("[limits]\nupdate_burst = 0\n");
  expect_refusal("node.toml:5: limits.update_burst: must be at least 1, is 0");
  files.write_node();
  files.write_cluster("members = 1\n");
  expect_refusal("cluster.toml:3: members: unknown key");
  files.write_cluster(
      "[[member]]\nname = \"us\"\npublish = \"tcp://127.0.0.1:1\"\n"
      "sync = \"tcp://127.0.0.1:2\"\n");
  expect_refusal("node.toml:1: name: \"eu\" is no member of");
  std::filesystem::remove(files.scratch / "cluster.toml");
  expect_refusal("cluster.toml: cannot be read: No such file or directory");
}

TEST(Command, StatusIsATableOrTheJsonItself) {
  const std::string status = R"({"name":"eu","region":"eu-west","ready":true,"peers":[]})";
  OneAnswerServer for_table(http_response("200 OK", status));
  const Outcome table = run({"status", "--admin", for_table.address()});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("eu (eu-west), ready"));
  EXPECT_THAT(for_table.request(), StartsWith("GET /v1/status HTTP/1.1\r\n"));

  OneAnswerServer for_json(http_response("200 OK", status));
  EXPECT_EQ(run({"status", "--json", "--admin", for_json.address()}).out, status + '\n');
}

TEST(Command, StatusWithoutANodeFails) {
  std::string address;
  {
    const OneAnswerServer gone("");
    address = gone.address();
  }
  const Outcome outcome = run({"status", "--admin", address});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no answer from a node at " + address));
}

TEST(Command, GetAsksForUserAndPath) {
  OneAnswerServer server(http_response("200 OK", "{\"x\":1}"));
  const Outcome got = run({"get", "--user", "a b/ü", "--path", "x.y", "--admin", server.address()});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(got.out, "{\"x\":1}\n");
  EXPECT_THAT(server.request(),
              StartsWith("GET /v1/state?user=a%20b%2F%C3%BC&path=x.y HTTP/1.1\r\n"));
}

TEST(Command, GetOfAMissingPathFails) {
  OneAnswerServer server(http_response("404 Not Found", ""));
  const Outcome got = run({"get", "--user", "alice", "--path", "x.y", "--admin", server.address()});
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(got.out, "");
  EXPECT_EQ(got.err, "alice has nothing at x.y\n");
}

TEST(Command, TheAdminTokenIsReadFromItsFile) {
  const Scratch scratch;
  scratch.write("token", "t0ken\n");
  OneAnswerServer server(http_response("200 OK", "{}"));
  EXPECT_EQ(run({"get", "--user", "a", "--admin", server.address(), "--admin-token-file",
                 scratch / "token"})
                .code,
            0);
  EXPECT_THAT(server.request(), HasSubstr("Authorization: Bearer t0ken\r\n"));

  OneAnswerServer refusing(http_response("401 Unauthorized", ""));
  const Outcome refused = run({"get", "--user", "a", "--admin", refusing.address()});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--admin-token-file"));
}

}  // namespace
}  // namespace anabranch::node
