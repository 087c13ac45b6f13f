#include "node/config.h"
#include "tests/node/node_files.h"
#include "tests/transport/client/certificate_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anabranch::node {
namespace {

using testing::HasSubstr;

/// The message with which a node.toml with `more` from line 4 on is refused.
std::string refusal(const NodeFiles& files, const std::string& more) {
  const auto config = load_node_config(files.write_node(more));
  return config ? "valid" : config.error().message;
}

TEST(TlsConfig, TlsIsAllOrNothing) {
  const NodeFiles files;
  EXPECT_THAT(refusal(files, "[clients]\ntls_certificate = \"eu.pem\"\n"),
              HasSubstr(":4: clients.tls_key: is missing: tls_certificate needs it"));
  EXPECT_THAT(refusal(files, "[clients]\ntls_key = \"eu.pem\"\n"),
              HasSubstr(":4: clients.tls_certificate: is missing: tls_key needs it"));
}

/// A [clients] section on line 4 that names the two files.
constexpr const char* with_tls =
    "[clients]\ntls_certificate = \"eu.pem\"\ntls_key = \"eu-key.pem\"\n";

TEST(TlsConfig, TheCertificateAndItsKeyAreRead) {
  const NodeFiles files;
  const auto pair = transport::make_certificate();
  files.scratch.write("eu.pem", pair.certificate, 0644);
  files.scratch.write("eu-key.pem", pair.key);
  const auto config = load_node_config(files.write_node(with_tls));
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_NE(config->clients.tls, nullptr);
  EXPECT_GT(config->clients.tls->expires_at_s(), 0);
}

TEST(TlsConfig, WhatIsWrongWithTheCertificateOrItsKeyIsNamed) {
  const NodeFiles files;
  const auto pair = transport::make_certificate();
  const auto refusal_of = [&](const transport::CertificatePair& written, mode_t key_mode = 0600) {
    files.scratch.write("eu.pem", written.certificate, 0644);
    files.scratch.write("eu-key.pem", written.key, key_mode);
    return refusal(files, with_tls);
  };
  EXPECT_THAT(refusal_of(pair, 0604), HasSubstr(":6: clients.tls_key: "));
  EXPECT_THAT(refusal_of(pair, 0604), HasSubstr("eu-key.pem: everyone on this machine may read"));
  EXPECT_THAT(refusal_of({pair.certificate, transport::make_certificate().key}),
              HasSubstr("eu-key.pem: is not the key of the first certificate"));
  EXPECT_THAT(refusal_of({pair.certificate, "none"}), HasSubstr(":6: clients.tls_key: "));
  EXPECT_THAT(refusal_of(transport::make_certificate(-30, -1)),
              HasSubstr(":5: clients.tls_certificate: "));
  EXPECT_THAT(refusal_of(transport::make_certificate(-30, -1)), HasSubstr("eu.pem: has expired"));
  EXPECT_THAT(refusal_of({"none", pair.key}), HasSubstr("eu.pem: holds no certificate in PEM"));
  EXPECT_THAT(refusal_of({std::string((256 << 10) + 1, 'x'), pair.key}),
              HasSubstr("eu.pem: is larger than 262144 bytes"));
}

TEST(TlsConfig, ACertificateAndAKeyThatAreNotThereAreBothNamed) {
  const std::string message = refusal(NodeFiles(), with_tls);
  EXPECT_THAT(message, HasSubstr(":5: clients.tls_certificate: "));
  EXPECT_THAT(message, HasSubstr(":6: clients.tls_key: "));
  EXPECT_THAT(message, HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace anabranch::node
