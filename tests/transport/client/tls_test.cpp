#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <stdexcept>
#include <string>

// What TLS adds. That everything else is as over plain connections is shown by running those tests
// over TLS too (CMakeLists.txt).

namespace anabranch::transport {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

ServerOptions tls_options(const CertificatePair& pair) {
  ServerOptions options = server_options();
  options.tls = tls_context_of(pair);
  return options;
}

struct Tls : ::testing::Test {
  const CertificatePair pair = make_certificate();
  TestServer server{tls_options(pair)};

  TlsTerms terms() const { return {pair.certificate}; }
  std::unique_ptr<TestClient> connect(const TlsTerms& wanted) const {
    return std::make_unique<TestClient>(server.port(), wanted);
  }
  std::unique_ptr<TestClient> upgrade(const TlsTerms& wanted) const {
    auto client = connect(wanted);
    EXPECT_EQ(client->upgrade("Authorization: Bearer alice\r\n").status, 101);
    client->receive_text();
    return client;
  }
  /// Shows that the server goes on as if nothing had been.
  void expect_service() const {
    EXPECT_EQ(connect(terms())->request("GET", "/nowhere").status, 404);
  }
};

TEST_F(Tls, SpeaksThisVersionAndTheLastOneAndNoOlder) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsTerms wanted = terms();
    wanted.version = version;
    const auto client = connect(wanted);
    EXPECT_EQ(client->request("GET", "/nowhere").status, 404) << client->version();
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsTerms wanted = terms();
    wanted.version = version;
    EXPECT_THROW(connect(wanted), std::runtime_error);
  }
}

TEST_F(Tls, AgreesOnHttp1AndNothingElse) {
  TlsTerms wanted = terms();
  EXPECT_EQ(connect(wanted)->protocol(), "");
  wanted.protocols = "\x02h2\x08http/1.1";
  EXPECT_EQ(connect(wanted)->protocol(), "http/1.1");
  wanted.protocols = "\x02h2";
  try {
    connect(wanted);
    ADD_FAILURE() << "h2 was agreed on";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("no application protocol"), std::string::npos)
        << error.what();
  }
  expect_service();
}

TEST_F(Tls, ResumesASessionWithBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsTerms wanted = terms();
    wanted.version = version;
    const auto first = connect(wanted);
    ASSERT_EQ(first->request("GET", "/nowhere").status, 404);
    EXPECT_FALSE(first->resumed());
    wanted.session = first->session();
    const auto second = connect(wanted);
    EXPECT_EQ(second->request("GET", "/nowhere").status, 404);
    EXPECT_TRUE(second->resumed()) << second->version();
  }
}

TEST_F(Tls, ANewCertificateIsForNewConnectionsAlone) {
  const auto before = upgrade(terms());
  const std::string session = before->session();
  const CertificatePair next = make_certificate();
  server.server->use_tls(tls_context_of(next));
  EXPECT_THROW(connect(terms()), std::runtime_error);
  const auto after = upgrade({next.certificate});
  TlsTerms resuming{next.certificate};
  resuming.session = session;
  EXPECT_FALSE(upgrade(resuming)->resumed());
  for (TestClient* client : {before.get(), after.get()}) {
    client->send_text(update(1));
    EXPECT_EQ(client->receive_text(), "ack 1");
  }
}

TEST_F(Tls, MayBeginAndEndWhileTheServerRuns) {
  const auto over_tls = upgrade(terms());
  server.server->use_tls(nullptr);
  TestClient plain(server.port());
  EXPECT_EQ(plain.upgrade("Authorization: Bearer bob\r\n").status, 101);
  server.server->use_tls(tls_context_of(pair));
  expect_service();
  over_tls->send_text(update(1));
  EXPECT_EQ(over_tls->receive_text(), "ack 1");
}

TEST_F(Tls, AnAnswerThatEndsTheConnectionSaysSo) {
  const auto client = connect(terms());
  EXPECT_EQ(client->request("GET", "/nowhere", "Connection: close\r\n").status, 404);
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(client->was_told_of_end());
}

TEST_F(Tls, FramesOfManyRecordsGetThroughBothWays) {
  const auto client = upgrade(terms());
  const std::string big(3'000'000, 'x');
  server.sink.connection()->send(frame_of(big));
  EXPECT_EQ(client->receive_text(), big);
  client->send_text(update(1) + std::string(60'000, ' '));
  EXPECT_EQ(client->receive_text(), "ack 1");
}

// The node's writes wait for the client to read, and its reads go on.
TEST_F(Tls, ReadingAndWritingDoNotWaitForEachOther) {
  const auto client = upgrade(terms());
  const std::string big(1'500'000, 'x');
  for (int i = 0; i < 4; ++i) server.sink.connection()->send(frame_of(big));
  for (int i = 0; i < 100; ++i) client->send_text(update(i) + std::string(60'000, ' '));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client->receive_text(), big);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client->receive_text(), "ack " + std::to_string(i));
}

// (OpenSSL 3.0 ends the connection where its own writes are held up at that moment.)
TEST_F(Tls, AClientMayRenewTheKeysOfItsSession) {
  const auto client = upgrade(terms());
  for (int i = 0; i < 20; ++i) {
    client->renew_keys();
    client->send_text(update(i));
    EXPECT_EQ(client->receive_text(), "ack " + std::to_string(i));
  }
}

TEST_F(Tls, WhoSpeaksPlainTextIsHungUpOn) {
  for (const std::string& bytes :
       {std::string("GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n"), std::string(4000, '\x7f'),
        // A record that claims to be of a client that greets, and is none.
        std::string("\x16\x03\x01\x00\x05", 5) + std::string(5, '\xff')}) {
    TestClient client(server.port());
    client.send_bytes(bytes);
    EXPECT_EQ(client.read_to_end().find("HTTP"), std::string::npos);
  }
  expect_service();
}

TEST_F(Tls, WhoSpeaksTlsWhereThereIsNoneIsAnsweredInPlainText) {
  const TestServer plain;
  EXPECT_THROW(TestClient(plain.port(), terms()), std::runtime_error);
  EXPECT_EQ(TestClient(plain.port()).request("GET", "/nowhere").status, 404);
}

TEST_F(Tls, AClientThatVanishesWithoutAWordIsGone) {
  upgrade(terms()).reset();
  EXPECT_TRUE(server.sink.wait_for_closes(1));
  expect_service();
}

TEST_F(Tls, TheServerStopsWhileAHandshakeIsOnItsWay) {
  TestClient silent(server.port());
  silent.send_bytes("\x16\x03");
  expect_service();
  const auto start = steady_clock::now();
  server.server->stop();
  EXPECT_LT(steady_clock::now() - start, 10s);
  EXPECT_TRUE(silent.ended());
}

TEST(TlsHandshake, ThatDoesNotComeInTimeIsGivenUp) {
  ServerOptions options = tls_options(make_certificate());
  options.request_timeout = 200ms;
  const TestServer server(options);
  TestClient silent(server.port());
  TestClient halting(server.port());
  halting.send_bytes("\x16\x03\x01");
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(halting.ended());
}

}  // namespace
}  // namespace anabranch::transport
