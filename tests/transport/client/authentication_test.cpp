#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>

#include <chrono>

namespace anabranch::transport {
namespace {

using std::chrono::milliseconds;

std::string auth(const std::string& token) {
  return R"({"event":"auth","payload":{"token":")" + token + "\"}}";
}

TEST(Authentication, ByHeaderOpensAtOnce) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_EQ(client.upgrade("Authorization: Bearer alice\r\n").status, 101);
  EXPECT_NE(client.receive_text().find("auth.ok"), std::string::npos);
  client.send_text(update(1));
  EXPECT_EQ(client.receive_text(), "ack 1");
  EXPECT_EQ(server.sink.log().front(), "open alice");
}

TEST(Authentication, ByABadHeaderIsUnauthorized) {
  TestServer server;
  for (const char* value : {"Bearer bad", "bearer bad", "Bearer", "Bearer   "}) {
    TestClient client(server.port());
    const HttpReply reply = client.upgrade("Authorization: " + std::string(value) + "\r\n");
    EXPECT_EQ(reply.status, 401) << value;
    EXPECT_EQ(reply.headers.at("www-authenticate"), "Bearer");
    EXPECT_TRUE(client.ended());
  }
  EXPECT_EQ(server.sink.opens(), 0U);
  EXPECT_EQ(server.server->connections(), 0U);
}

TEST(Authentication, IgnoresAHeaderOfAnotherKind) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_EQ(client.upgrade("Authorization: Basic YTpi\r\n").status, 101);
  client.send_text(auth("alice"));
  EXPECT_NE(client.receive_text().find("auth.ok"), std::string::npos);
}

TEST(Authentication, ByTheFirstFrameOpens) {
  TestServer server;
  TestClient client(server.port());
  client.upgrade();
  client.send_text(auth("alice"));
  client.send_text(update(7));
  EXPECT_NE(client.receive_text().find("auth.ok"), std::string::npos);
  EXPECT_EQ(client.receive_text(), "ack 7");
  EXPECT_EQ(server.sink.log(), (std::vector<std::string>{"open alice", "write 7"}));
}

TEST(Authentication, WithABadFirstTokenIsAnErrorAndTheEnd) {
  TestServer server;
  TestClient client(server.port());
  client.upgrade();
  client.send_text(auth("bad"));
  const std::string error = client.receive_text();
  EXPECT_EQ(error_code(error), "unauthenticated");
  EXPECT_NE(error.find("the token is bad"), std::string::npos);
  EXPECT_EQ(client.receive_close().close_code, 4401);
  EXPECT_EQ(server.sink.opens(), 0U);
  EXPECT_EQ(server.sink.closes(), 0U);
}

TEST(Authentication, ThatDoesNotComeInTimeEndsTheConnection) {
  TestServer server([](SessionOptions& o) { o.auth_timeout = milliseconds(100); });
  TestClient client(server.port());
  client.upgrade();
  EXPECT_EQ(client.receive_close().close_code, 4401);
}

TEST(Authentication, IsNotPutOffByOtherFrames) {
  TestServer server([](SessionOptions& o) { o.auth_timeout = milliseconds(2000); });
  TestClient client(server.port());
  client.upgrade();
  client.send_text(update(1));
  EXPECT_EQ(error_code(client.receive_text()), "unauthenticated");
  EXPECT_EQ(client.receive_close().close_code, 4401);
}

TEST(Authentication, ComesBeforeEverythingElse) {
  TestServer server;
  TestClient client(server.port());
  client.upgrade();
  const auto answer = [&](const std::string& frame) {
    client.send_text(frame);
    return client.receive_text();
  };
  const std::string refused = answer(update(5));
  EXPECT_EQ(error_code(refused), "unauthenticated");
  EXPECT_NE(refused.find(R"("id":5)"), std::string::npos);
  EXPECT_EQ(error_code(answer(R"({"event":"dashboard.state.request","payload":{}})")),
            "unauthenticated");
  EXPECT_EQ(error_code(answer(R"({"event":"no.such","payload":{}})")), "unauthenticated");
  EXPECT_EQ(error_code(answer(R"({"event":"auth","payload":{}})")), "unauthenticated");
  EXPECT_EQ(error_code(answer("{")), "invalid_json");
  EXPECT_EQ(error_code(answer(std::string(65537, ' '))), "payload_too_large");
  client.send_frame(TestClient::binary_opcode, "{}");
  EXPECT_EQ(error_code(client.receive_text()), "invalid_json");

  EXPECT_NE(answer(auth("alice")).find("auth.ok"), std::string::npos);
  EXPECT_EQ(server.sink.log(), (std::vector<std::string>{"open alice"}));
}

TEST(Authentication, IsRenewedByTheSameUser) {
  TestServer server;
  const auto client = connect_as(server, "alice@2000");
  client->send_text(auth("alice"));
  const std::string ok = client->receive_text();
  EXPECT_NE(ok.find("auth.ok"), std::string::npos);
  EXPECT_NE(ok.find(R"("node":"eu")"), std::string::npos);
  EXPECT_NE(ok.find(R"("region":"eu-west")"), std::string::npos);
  // A connection whose token serves as long as the first one did is closed, this one is not.
  const auto other = connect_as(server, "alice@2000");
  EXPECT_EQ(other->receive_close().close_code, 4401);
  client->send_text(update(1));
  EXPECT_EQ(client->receive_text(), "ack 1");
}

TEST(Authentication, IsNotRenewedByAnotherUserOrABadToken) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  client->send_text(auth("bob"));
  EXPECT_EQ(error_code(client->receive_text()), "unauthenticated");
  client->send_text(auth("bad"));
  EXPECT_EQ(error_code(client->receive_text()), "unauthenticated");
  client->send_text(update(1));
  EXPECT_EQ(client->receive_text(), "ack 1");
  EXPECT_EQ(server.sink.opens(), 1U);
}

TEST(Authentication, ThatExpiresEndsTheConnection) {
  TestServer server;
  const auto client = connect_as(server, "alice@300");
  EXPECT_EQ(client->receive_close().close_code, 4401);
  EXPECT_TRUE(server.sink.wait_for_closes(1));
}

TEST(Authentication, RenewedForLessTimeExpiresSooner) {
  TestServer server([](SessionOptions& o) { o.idle_timeout = std::chrono::minutes(10); });
  const auto client = connect_as(server, "alice");
  client->send_text(auth("alice@300"));
  client->receive_text();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(client->receive_close().close_code, 4401);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Authentication, MayLastForEver) {
  TestServer server;
  const auto client = connect_as(server, "alice@never");
  client->send_text(auth("alice@never"));
  EXPECT_NE(client->receive_text().find("9999-12-31T23:59:59.999Z"), std::string::npos);
  client->send_text(update(1));
  EXPECT_EQ(client->receive_text(), "ack 1");
}

}  // namespace
}  // namespace anabranch::transport
