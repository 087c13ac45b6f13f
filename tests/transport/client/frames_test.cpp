#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>

#include <thread>

namespace anabranch::transport {
namespace {

constexpr int refusals_allowed = 2000;

TEST(Frames, ReachTheSinkInOrderAndAreAnsweredInOrder) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  client->send_text(update(1));
  client->send_text("{");
  client->send_text(R"({"event":"dashboard.state.request","payload":{}})");
  client->send_text(update(2));
  EXPECT_EQ(client->receive_text(), "ack 1");
  EXPECT_EQ(error_code(client->receive_text()), "invalid_json");
  EXPECT_EQ(client->receive_text(), "state");
  EXPECT_EQ(client->receive_text(), "ack 2");
  EXPECT_EQ(server.sink.log(),
            (std::vector<std::string>{"open alice", "write 1", "answer", "request", "write 2"}));
}

TEST(Frames, OverTheUpdateLimitAreRefusedUnparsedAndTheConnectionGoesOn) {
  TestServer server([](SessionOptions& o) { o.max_update_bytes = 200; });
  const auto client = connect_as(server, "alice");
  client->send_text(update(1) + std::string(200 - update(1).size(), ' '));
  EXPECT_EQ(client->receive_text(), "ack 1");
  client->send_text(update(2) + std::string(201 - update(2).size(), ' '));
  const std::string error = client->receive_text();
  EXPECT_EQ(error_code(error), "payload_too_large");
  EXPECT_NE(error.find("200"), std::string::npos);
  client->send_text(update(3));
  EXPECT_EQ(client->receive_text(), "ack 3");
}

TEST(Frames, OverTheHardLimitEndTheConnection) {
  TestServer server([](SessionOptions& o) { o.max_frame_bytes = 100000; });
  const auto client = connect_as(server, "alice");
  client->send_text(std::string(100000, ' '));
  EXPECT_EQ(error_code(client->receive_text()), "payload_too_large");
  client->send_text(std::string(100001, ' '));
  EXPECT_EQ(client->receive_close().close_code, 1009);
  EXPECT_TRUE(server.sink.wait_for_closes(1));
}

TEST(Frames, InPiecesCountAsAWhole) {
  TestServer server([](SessionOptions& o) { o.max_frame_bytes = 100000; });
  const auto client = connect_as(server, "alice");
  const std::string whole = update(1);
  client->send_frame(TestClient::text_opcode, whole.substr(0, 10), false);
  client->send_frame(TestClient::ping_opcode, "between");
  client->send_frame(TestClient::continuation_opcode, "", false);
  client->send_frame(TestClient::continuation_opcode, whole.substr(10));
  const Received pong = client->receive();
  EXPECT_EQ(pong.kind, Received::Kind::pong);
  EXPECT_EQ(pong.data, "between");
  EXPECT_EQ(client->receive_text(), "ack 1");

  client->send_frame(TestClient::text_opcode, std::string(60000, ' '), false);
  client->send_frame(TestClient::continuation_opcode, std::string(60000, ' '));
  EXPECT_EQ(client->receive_close().close_code, 1009);
}

TEST(Frames, WithInvalidUtf8EndTheConnection) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  client->send_text("{\"a\":\"\xff\"}");
  EXPECT_EQ(client->receive_close().close_code, 1007);
  EXPECT_TRUE(server.sink.wait_for_closes(1));
}

TEST(Frames, ThatAreBinaryAreNotJson) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  client->send_frame(TestClient::binary_opcode, update(1));
  EXPECT_EQ(error_code(client->receive_text()), "invalid_json");
  client->send_text(update(2));
  EXPECT_EQ(client->receive_text(), "ack 2");
  EXPECT_EQ(server.sink.writes(), 1U);
}

TEST(Frames, ThatAreEmptyAreNotJson) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  client->send_text("");
  EXPECT_EQ(error_code(client->receive_text()), "invalid_json");
}

TEST(Frames, AreRefusedTwoThousandTimesInTenSeconds) {
  TestServer server;  // whose clock stands still
  const auto client = connect_as(server, "alice");
  for (int i = 0; i < refusals_allowed; ++i) {
    client->send_text("{");
    ASSERT_EQ(error_code(client->receive_text()), "invalid_json");
  }
  client->send_text(update(1));
  EXPECT_EQ(client->receive_text(), "ack 1");
  client->send_text("{");
  EXPECT_EQ(client->receive_close().close_code, 1008);
}

TEST(Frames, AreRefusedNoMoreOftenBeforeAuthentication) {
  TestServer server;
  TestClient client(server.port());
  client.upgrade();
  for (int i = 0; i <= refusals_allowed; ++i) client.send_text(update(i));
  EXPECT_EQ(client.receive_close().close_code, 1008);
}

TEST(Frames, SentFromManyThreadsKeepTheOrderOfEachThread) {
  constexpr int threads = 4;
  constexpr int frames = 2000;
  TestServer server;
  const auto client = connect_as(server, "alice");
  const auto connection = server.sink.connection();
  std::vector<std::thread> senders;
  for (int t = 0; t < threads; ++t) {
    senders.emplace_back([&connection, t] {
      for (int i = 0; i < frames; ++i) {
        connection->send(frame_of(std::to_string(t) + ":" + std::to_string(i)));
      }
    });
  }
  std::vector<int> next(threads, 0);
  for (int i = 0; i < threads * frames; ++i) {
    const std::string text = client->receive_text();
    const auto thread = static_cast<std::size_t>(text[0] - '0');
    ASSERT_EQ(text.substr(2), std::to_string(next.at(thread)++));
  }
  for (auto& sender : senders) sender.join();
}

TEST(Frames, OfAnySizeReachTheClient) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 3000000U}) {
    server.sink.connection()->send(frame_of(std::string(size, 'x')));
    EXPECT_EQ(client->receive_text().size(), size);
  }
}

}  // namespace
}  // namespace anabranch::transport
