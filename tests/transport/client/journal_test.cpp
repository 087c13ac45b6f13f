#include "tests/transport/client/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

// What is told of connections, and what is measured of frames.

namespace anabranch::transport {
namespace {

using testing::ElementsAre;

std::string with_token(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

std::uint64_t count_of(const DurationCounts& counts) {
  return std::accumulate(counts.buckets.begin(), counts.buckets.end(), std::uint64_t{0});
}

TEST(Journal, TellsOfAConnectionsLife) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  client->send_text(update(1));
  client->send_text(update(2));
  client->receive_text();
  client->receive_text();
  client->answer_close();
  EXPECT_THAT(server.journal.lines(3),
              ElementsAre("upgraded", "authenticated: alice", "ended: alice: 1000 by client: "));
  const ConnectionEnd end = server.journal.end();
  EXPECT_NE(end.connection.value, 0U);
  EXPECT_EQ(end.frames_in, 2U);
  EXPECT_EQ(end.bytes_in, 2 * update(1).size());
  EXPECT_EQ(end.frames_out, 3U);
  EXPECT_GT(end.bytes_out, 10U);
}

TEST(Journal, TellsWithWhatTheNodeClosed) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  server.sink.connection()->close(CloseCode::too_many_connections, "enough tabs");
  client->receive_close();
  EXPECT_THAT(server.journal.lines(3), ElementsAre("upgraded", "authenticated: alice",
                                                   "ended: alice: 4429 by node: enough tabs"));
}

TEST(Journal, TellsOfALostConnection) {
  TestServer server;
  connect_as(server, "alice").reset();
  EXPECT_EQ(server.journal.lines(3).back(), "ended: alice: 1006 by nobody: ");
}

/// Reads the close frame, and hangs up.
void hear_close(std::unique_ptr<TestClient> client) {
  while (client->receive().kind != Received::Kind::close) {
  }
}

TEST(Journal, TellsWhatWasWrongWithAFrame) {
  TestServer server([](SessionOptions& options) { options.max_frame_bytes = 1000; });
  auto large = connect_as(server, "alice");
  large->send_text(std::string(2000, 'x'));
  hear_close(std::move(large));
  EXPECT_EQ(server.journal.lines(3).back(), "ended: alice: 1009 by node: ");
  auto garbled = connect_as(server, "bob");
  garbled->send_text("\xff\xff");
  hear_close(std::move(garbled));
  EXPECT_EQ(server.journal.lines(6).back(), "ended: bob: 1007 by node: ");
}

TEST(Journal, TellsOfAuthenticationsThatFailed) {
  TestServer server;
  TestClient client(server.port());
  client.upgrade();
  client.send_text(R"({"event":"auth","payload":{"token":"bad"}})");
  client.receive_close();
  const auto lines = server.journal.lines(3);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[1], testing::StartsWith("failed: : "));
  EXPECT_EQ(lines[2], "ended: : 4401 by node: the token was refused");

  const auto renewed = connect_as(server, "alice");
  renewed->send_text(R"({"event":"auth","payload":{"token":"bob"}})");
  renewed->receive_text();
  EXPECT_EQ(server.journal.lines(6).back(),
            "failed: alice: this connection belongs to another user");
}

TEST(Journal, TellsThatNoTokenCame) {
  TestServer server(
      [](SessionOptions& options) { options.auth_timeout = std::chrono::milliseconds(50); });
  TestClient client(server.port());
  client.upgrade();
  client.receive_close();
  EXPECT_THAT(server.journal.lines(3), ElementsAre("upgraded", "failed: : no token came in time",
                                                   "ended: : 4401 by node: no token came in time"));
}

TEST(Journal, TellsWhyAnUpgradeWasRefused) {
  TestServer server([](SessionOptions& options) {
    options.max_connections = 1;
    options.allowed_origins = {"https://good.example"};
  });
  EXPECT_EQ(TestClient(server.port()).upgrade("", "/elsewhere").status, 404);
  EXPECT_EQ(TestClient(server.port()).upgrade("Origin: https://bad.example\r\n").status, 403);
  EXPECT_EQ(TestClient(server.port()).upgrade(with_token("bad")).status, 401);
  const auto first = connect_as(server, "alice");
  EXPECT_EQ(TestClient(server.port()).upgrade(with_token("alice")).status, 503);
  server.server->drain();
  first->receive_close();
  EXPECT_EQ(TestClient(server.port()).upgrade(with_token("alice")).status, 503);
  auto lines = server.journal.lines(8);
  std::erase_if(lines, [](const std::string& line) { return !line.starts_with("refused"); });
  EXPECT_THAT(lines, ElementsAre("refused: path", "refused: origin", "refused: token",
                                 "refused: full", "refused: draining"));
}

TEST(Journal, EachAckThatIsTimedIsCountedWhenItIsWritten) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  for (int id = 1; id <= 5; ++id) client->send_text(update(id));
  for (int id = 1; id <= 5; ++id) client->receive_text();
  const FrameTimes times = server.server->frame_times();
  EXPECT_EQ(count_of(times.ack), 5U) << "auth.ok is not timed";
  EXPECT_GT(times.ack.sum_ns, 0U);
  EXPECT_LT(times.ack.sum_ns, 5 * 30'000'000'000U) << "from the reading of the frame";
  EXPECT_EQ(count_of(times.sync), 0U);
  server.sink.connection()->send(
      frame_of("x", {FrameTiming::Of::sync, steady_ns(std::chrono::steady_clock::now())}));
  client->receive_text();
  EXPECT_EQ(count_of(server.server->frame_times().sync), 1U);
}

TEST(Journal, WhatIsQueuedCanBeAskedFor) {
  TestServer server;
  TestClient client(server.port(), 4096);
  client.upgrade(with_token("alice"));
  client.receive_text();
  EXPECT_EQ(server.sink.connection()->queued_bytes(), 0U);
  const Frame frame = frame_of(std::string(100000, 'x'));
  for (int i = 0; i < 60; ++i) server.sink.connection()->send(frame);
  EXPECT_GE(server.sink.connection()->queued_bytes(), 100000U);
}

}  // namespace
}  // namespace anabranch::transport
