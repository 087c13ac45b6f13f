#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

constexpr const char* protocol_header = "sec-websocket-protocol";

TEST(Upgrade, SwitchesProtocolsAtTheSyncPathOnly) {
  TestServer server;
  EXPECT_EQ(TestClient(server.port()).upgrade().status, 101);
  EXPECT_EQ(TestClient(server.port()).upgrade("", "/v1/sync?x=1").status, 101);
  EXPECT_EQ(TestClient(server.port()).upgrade("", "/").status, 404);
  EXPECT_EQ(TestClient(server.port()).upgrade("", "/v1/sync/").status, 404);
}

TEST(Upgrade, OfAServerWithoutSessionsIsNotFound) {
  ServerOptions options = server_options();
  options.sessions = nullptr;
  const TestClock clock;
  const auto server = start_server(options, nullptr, nullptr, nullptr, clock);
  ASSERT_TRUE(server);
  EXPECT_EQ(TestClient((*server)->port()).upgrade().status, 404);
}

TEST(Upgrade, IsAskedForByAPlainGet) {
  TestServer server;
  const HttpReply reply = TestClient(server.port()).request("GET", "/v1/sync");
  EXPECT_EQ(reply.status, 426);
  EXPECT_EQ(reply.headers.at("upgrade"), "websocket");
}

TEST(Upgrade, SelectsTheJsonProtocolWhenOffered) {
  TestServer server;
  const auto select = [&](const std::string& headers) {
    HttpReply reply = TestClient(server.port()).upgrade(headers);
    EXPECT_EQ(reply.status, 101);
    return reply.headers.contains(protocol_header) ? reply.headers[protocol_header] : "none";
  };
  EXPECT_EQ(select(""), "none");
  EXPECT_EQ(select("Sec-WebSocket-Protocol: anabranch.v1.json\r\n"), "anabranch.v1.json");
  EXPECT_EQ(select("Sec-WebSocket-Protocol: chat, anabranch.v1.json\r\n"), "anabranch.v1.json");
  EXPECT_EQ(select("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: anabranch.v1.json\r\n"),
            "anabranch.v1.json");
  EXPECT_EQ(select("Sec-WebSocket-Protocol: chat, Anabranch.v1.json\r\n"), "none");
}

TEST(Upgrade, RefusesForeignOriginsWhereAListIsSet) {
  TestServer server([](SessionOptions& o) { o.allowed_origins = {"https://app.example"}; });
  const auto status = [&](const std::string& headers) {
    return TestClient(server.port()).upgrade(headers).status;
  };
  EXPECT_EQ(status("Origin: https://app.example\r\n"), 101);
  EXPECT_EQ(status("Origin: https://evil.example\r\n"), 403);
  EXPECT_EQ(status("Origin: https://app.example.evil.example\r\n"), 403);
  EXPECT_EQ(status("Origin: null\r\n"), 403);
  EXPECT_EQ(status(""), 101);
}

TEST(Upgrade, AllowsAnyOriginWithoutAList) {
  TestServer server;
  EXPECT_EQ(TestClient(server.port()).upgrade("Origin: https://any.example\r\n").status, 101);
}

TEST(Upgrade, OfAFullNodeIsUnavailableUntilAClientLeaves) {
  TestServer server([](SessionOptions& o) { o.max_connections = 1; });
  {
    const auto first = connect_as(server, "alice");
    EXPECT_EQ(server.server->connections(), 1U);
    EXPECT_EQ(TestClient(server.port()).upgrade().status, 503);
  }
  ASSERT_TRUE(server.sink.wait_for_closes(1));
  EXPECT_EQ(server.server->connections(), 0U);
  EXPECT_EQ(TestClient(server.port()).upgrade().status, 101);
}

TEST(Upgrade, ThatBreaksTheHandshakeIsABadRequestAndTakesNoPlace) {
  TestServer server([](SessionOptions& o) { o.max_connections = 1; });
  {
    TestClient client(server.port());
    const HttpReply reply = client.request(
        "GET", "/v1/sync",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    EXPECT_EQ(reply.status, 400);
    EXPECT_TRUE(client.ended());
  }
  EXPECT_EQ(TestClient(server.port()).upgrade().status, 101);
}

TEST(Upgrade, MayNotBeFollowedByFramesBeforeItIsAnswered) {
  TestServer server;
  TestClient client(server.port());
  client.send_bytes(
      "GET /v1/sync HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nframe");
  EXPECT_EQ(client.read_reply().status, 400);
}

TEST(Upgrade, CompressesOnlyWhereConfigured) {
  constexpr const char* offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  TestServer plain;
  EXPECT_FALSE(
      TestClient(plain.port()).upgrade(offer).headers.contains("sec-websocket-extensions"));

  TestServer compressing([](SessionOptions& o) { o.compression = true; });
  TestClient client(compressing.port());
  const HttpReply reply = client.upgrade(std::string(offer) + "Authorization: Bearer alice\r\n");
  EXPECT_TRUE(reply.headers.contains("sec-websocket-extensions"));
  EXPECT_TRUE(client.receive().compressed);
  compressing.sink.connection()->send(frame_of(std::string(100000, 'a')));
  std::size_t bytes = 0;
  compressing.sink.connection()->close(CloseCode::going_away, "enough");
  for (Received got = client.receive(); got.kind != Received::Kind::close; got = client.receive()) {
    bytes += got.data.size();
  }
  EXPECT_LT(bytes, 10000U);
}

}  // namespace
}  // namespace anabranch::transport
