#include "node/config.h"
#include "tests/node/node_files.h"
#include "tests/node/token_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anabranch::node {
namespace {

using testing::HasSubstr;

/// Loads a node.toml whose [auth] starts on line 4 and has the keys of the argument.
struct AuthFiles : NodeFiles {
  std::filesystem::path write_auth(const std::string& auth) const {
    return scratch.write(
        "node.toml",
        "name = \"eu\"\ndata_dir = \"data\"\ncluster_file = \"c.toml\"\n[auth]\n" + auth);
  }
  std::string refusal(const std::string& auth) const {
    const auto config = load_node_config(write_auth(auth));
    return config ? "valid" : config.error().message;
  }
};

TEST(AuthConfig, SecretsAreTheFilesBytesWithoutOneNewline) {
  const AuthFiles files;
  const std::string one_key = "[[auth.key]]\nsecret_file = \"s\"\n";
  const std::string bytes = std::string(31, 'x') + std::string(1, '\0') + "\xff\n";
  files.scratch.write("s", bytes + '\n');
  EXPECT_EQ(load_node_config(files.write_auth(one_key))->auth.keys.at(0).material, bytes);
  files.scratch.write("s", std::string(32, 'x'));
  EXPECT_EQ(load_node_config(files.write_auth(one_key))->auth.keys.at(0).material,
            std::string(32, 'x'));
}

TEST(AuthConfig, ShortSecretsAreRefused) {
  const AuthFiles files;
  files.scratch.write("s", std::string(31, 'x') + '\n');
  EXPECT_THAT(files.refusal("[[auth.key]]\nsecret_file = \"s\"\n"),
              HasSubstr("node.toml:6: auth.key.secret_file: " + (files.scratch / "s").string() +
                        ": a secret must have at least 32 bytes, this has 31"));
}

TEST(AuthConfig, SecretsThatTheWorldMayReadAreRefused) {
  const AuthFiles files;
  for (const mode_t mode : {0644, 0604, 0666, 0444}) {
    files.scratch.write("s", std::string(32, 'x'), mode);
    EXPECT_THAT(files.refusal("[[auth.key]]\nsecret_file = \"s\"\n"),
                HasSubstr(":6: auth.key.secret_file: "))
        << mode;
  }
  for (const mode_t mode : {0600, 0400, 0640, 0660}) {
    files.scratch.write("s", std::string(32, 'x'), mode);
    EXPECT_EQ(files.refusal("[[auth.key]]\nsecret_file = \"s\"\n"), "valid") << mode;
  }
}

TEST(AuthConfig, PublicKeysMayBeReadByTheWorld) {
  const AuthFiles files;
  files.scratch.write("rsa.pem", SigningKey::rsa().public_pem(), 0644);
  const auto config =
      load_node_config(files.write_auth("algorithms = [\"RS256\"]\n[[auth.key]]\nkid = "
                                        "\"2026-11\"\npublic_key_file = \"rsa.pem\"\n"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->auth.keys.at(0).kid, "2026-11");
  EXPECT_EQ(config->auth.keys.at(0).algorithm, Algorithm::rs256);
}

TEST(AuthConfig, PublicKeysThatCannotServeAreRefused) {
  const AuthFiles files;
  const std::string rsa = "algorithms = [\"RS256\"]\n[[auth.key]]\npublic_key_file = \"k.pem\"\n";
  const auto refusal = [&](const std::string& pem) {
    files.scratch.write("k.pem", pem);
    return files.refusal(rsa);
  };
  EXPECT_THAT(refusal("x"), HasSubstr(":7: auth.key.public_key_file: "));
  EXPECT_THAT(refusal(SigningKey::rsa(1024).public_pem()), HasSubstr("at least 2048"));
  EXPECT_THAT(refusal(SigningKey::ed25519().public_pem()), HasSubstr("EdDSA is not available"));
  EXPECT_THAT(refusal(SigningKey::rsa().private_pem()), HasSubstr("the public key alone"));
  EXPECT_THAT(files.refusal("[[auth.key]]\npublic_key_file = \"absent.pem\"\n"),
              HasSubstr("absent.pem: cannot be read"));
}

TEST(AuthConfig, AKeyIsEitherASecretOrAPublicKey) {
  const AuthFiles files;
  files.scratch.write("rsa.pem", SigningKey::rsa().public_pem());
  const std::string either = "a key has either a secret_file or a public_key_file";
  EXPECT_THAT(files.refusal("[[auth.key]]\nkid = \"a\"\n"),
              HasSubstr(":5: auth.key.secret_file: " + either));
  EXPECT_THAT(files.refusal("algorithms = [\"HS256\", \"RS256\"]\n[[auth.key]]\n"
                            "secret_file = \"jwt.secret\"\npublic_key_file = \"rsa.pem\"\n"),
              HasSubstr(":7: auth.key.secret_file: " + either));
}

TEST(AuthConfig, AKeyWithoutItsAlgorithmIsRefused) {
  const AuthFiles files;
  files.scratch.write("ec.pem", SigningKey::ec().public_pem());
  EXPECT_THAT(
      files.refusal("algorithms = [\"RS256\"]\n[[auth.key]]\nsecret_file = \"jwt.secret\"\n"),
      HasSubstr(":7: auth.key.secret_file: is for HS256, which auth.algorithms does not name"));
  EXPECT_THAT(files.refusal("[[auth.key]]\npublic_key_file = \"ec.pem\"\n"),
              HasSubstr(":6: auth.key.public_key_file: is for ES256"));
}

TEST(AuthConfig, TwoKeysForTheSameTokensAreRefused) {
  const AuthFiles files;
  const std::string plain = "[[auth.key]]\nsecret_file = \"jwt.secret\"\n";
  const std::string named = "[[auth.key]]\nsecret_file = \"jwt.secret\"\nkid = \"a\"\n";
  EXPECT_THAT(files.refusal(plain + plain), HasSubstr(":7: auth.key.kid: two keys have no kid"));
  EXPECT_THAT(files.refusal(named + named),
              HasSubstr(":10: auth.key.kid: two keys have the kid \"a\""));
  EXPECT_EQ(files.refusal(plain + named), "valid");
}

TEST(AuthConfig, KidsAreTextsOfSomeLength) {
  const AuthFiles files;
  const auto refusal = [&](const std::string& kid) {
    return files.refusal("[[auth.key]]\nsecret_file = \"jwt.secret\"\nkid = " + kid + '\n');
  };
  EXPECT_THAT(refusal("\"\""), HasSubstr(":7: auth.key.kid: must not be empty"));
  EXPECT_THAT(refusal("5"), HasSubstr(":7: auth.key.kid: must be text in quotes"));
  EXPECT_THAT(refusal("\"a\\n\""), HasSubstr(":7: auth.key.kid: must be at most 256 bytes"));
  EXPECT_THAT(
      files.refusal("[[auth.key]]\nsecret_file = \"jwt.secret\"\nalg = \"HS256\"\n"),
      HasSubstr(":7: auth.key.alg: unknown key; known here are kid, public_key_file, secret_file"));
}

TEST(AuthConfig, KeysAreTables) {
  const AuthFiles files;
  EXPECT_THAT(files.refusal("key = [1]\n"), HasSubstr(":5: auth.key: must be tables"));
  EXPECT_THAT(files.refusal("[auth.key]\nsecret_file = \"jwt.secret\"\n"),
              HasSubstr("auth.key: must be tables, each under [[auth.key]], is a table"));
  EXPECT_THAT(files.refusal(""), HasSubstr(":4: auth.key: is missing"));
}

}  // namespace
}  // namespace anabranch::node
