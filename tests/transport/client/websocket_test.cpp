#include "transport/client/websocket.h"

#include "tests/transport/client/test_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// A WebSocket that rests, and what wakes it. Loses and invents nothing meanwhile.

namespace anabranch::transport {
namespace {

using Kind = Received::Kind;

struct Session final : WebsocketOwner {
  explicit Session(AnyStream stream, bool compression)
      : socket(std::move(stream), {1 << 20, compression, true}, *this) {}

  void read() { socket.read(); }
  void write(const std::string& text) {
    last_written = text;
    socket.write(last_written, false);
  }

  void on_accepted(ErrorCode error) override {
    accepted = !error;
    read();
  }
  void on_read(ErrorCode error) override {
    ++reads;
    if (error) {
      ended = true;
      return;
    }
    if (socket.has_message()) {
      messages.emplace_back(socket.message());
      socket.drop_message();
    }
    read();
  }
  void on_written(ErrorCode error) override {
    EXPECT_FALSE(error);
    ++written;
  }
  void on_pinged() override {}
  void on_close_sent() override { close_sent = true; }
  void on_control(bool is_close) override { ++(is_close ? closes : controls); }
  void on_teardown() override {}
  void on_rested() override { ++rested; }

  Websocket socket;
  std::string last_written;
  std::vector<std::string> messages;
  int reads = 0, written = 0, controls = 0, closes = 0, rested = 0;
  bool accepted = false, ended = false, close_sent = false;
};

HttpRequest handshake(const std::string& extension) {
  HttpRequest request(http::verb::get, "/v1/sync", 11);
  request.set(http::field::host, "test");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::connection, "upgrade");
  request.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  request.set(http::field::sec_websocket_version, "13");
  if (!extension.empty()) request.set(http::field::sec_websocket_extensions, extension);
  return request;
}

struct WebsocketAtRest : testing::Test {
  /// Everything happens in this thread: the client's calls are made when they need not wait.
  void open(bool compression = false) {
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    client = std::make_unique<TestClient>(acceptor.local_endpoint().port());
    TcpSocket socket(context.get_executor());
    acceptor.accept(socket);
    session = std::make_shared<Session>(
        AnyStream(context.get_executor(), make_tcp_stream(std::move(socket))), compression);
    session->socket.accept(handshake(compression ? "permessage-deflate" : ""), "",
                           std::chrono::seconds(30), false);
    run_until([this] { return session->accepted; });
    EXPECT_EQ(client->read_reply().status, 101);
  }

  void run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < limit) {
      context.run_one_for(std::chrono::seconds(1));
    }
    ASSERT_TRUE(done());
  }
  void run_until_resting() {
    session->socket.rest();
    run_until([this] { return session->rested > 0; });
    session->rested = 0;
    ASSERT_TRUE(session->socket.is_resting());
  }
  void run_until_awake() {
    run_until([this] { return !session->socket.is_resting(); });
  }
  void expect_messages(const std::vector<std::string>& expected) {
    run_until([&] { return session->messages.size() >= expected.size(); });
    EXPECT_EQ(session->messages, expected);
  }

  ~WebsocketAtRest() override {
    if (!session) return;
    session->socket.abort();
    context.run();
  }

  asio::io_context context{1};
  std::unique_ptr<TestClient> client;
  std::shared_ptr<Session> session;
};

TEST_F(WebsocketAtRest, IsWokenByItsClient) {
  open();
  run_until_resting();
  EXPECT_TRUE(session->socket.is_open());
  client->send_text("one");
  client->send_text("two");
  expect_messages({"one", "two"});
  run_until_resting();
  client->send_text("three");
  expect_messages({"one", "two", "three"});
}

TEST_F(WebsocketAtRest, IsWokenToWriteAndGoesOnReading) {
  open();
  run_until_resting();
  session->write("news");
  EXPECT_FALSE(session->socket.is_resting());
  run_until([this] { return session->written == 1; });
  EXPECT_EQ(client->receive_text(), "news");
  client->send_text("thanks");
  expect_messages({"thanks"});
  EXPECT_EQ(session->reads, 1);
}

TEST_F(WebsocketAtRest, IsNotPutAwayWithHalfAHeader) {
  open();
  run_until_resting();
  // A masked text frame of one byte: its first byte wakes.
  client->send_bytes("\x81");
  run_until_awake();
  context.run_one_for(std::chrono::milliseconds(100));
  session->socket.rest();
  client->send_bytes(std::string_view("\x81\0\0\0\0x", 6));
  expect_messages({"x"});
  run_until_resting();
}

TEST_F(WebsocketAtRest, IsNotPutAwayBetweenFragments) {
  open();
  client->send_frame(TestClient::text_opcode, "be", false);
  run_until([this] { return session->reads == 1; });
  session->socket.rest();
  EXPECT_TRUE(session->socket.may_send());
  client->send_frame(TestClient::continuation_opcode, "gin");
  expect_messages({"begin"});
}

TEST_F(WebsocketAtRest, TakesWhatCameAsItWasPutAway) {
  open();
  session->socket.rest();
  client->send_text("just in time");
  expect_messages({"just in time"});
  client->send_text("read already");
  context.run_one_for(std::chrono::seconds(10));
  session->socket.rest();
  expect_messages({"just in time", "read already"});
}

TEST_F(WebsocketAtRest, MayNotBeWrittenToOnItsWay) {
  open();
  session->socket.rest();
  EXPECT_FALSE(session->socket.may_send());
  run_until([this] { return session->rested == 1; });
  EXPECT_TRUE(session->socket.may_send());
}

TEST_F(WebsocketAtRest, AnswersPings) {
  open();
  run_until_resting();
  client->send_frame(TestClient::ping_opcode, "here?");
  run_until([this] { return session->controls == 1; });
  while (!client->readable_within(std::chrono::milliseconds(0))) context.run_one();
  const Received pong = client->receive();
  EXPECT_EQ(pong.kind, Kind::pong);
  EXPECT_EQ(pong.data, "here?");
}

TEST_F(WebsocketAtRest, IsClosedByEitherSide) {
  open();
  run_until_resting();
  session->socket.close({beast::websocket::close_code::going_away, "bye"});
  while (!client->readable_within(std::chrono::milliseconds(0))) context.run_one();
  client->answer_close();
  client.reset();
  run_until([this] { return session->close_sent; });

  open();
  run_until_resting();
  client->send_frame(TestClient::close_opcode, std::string("\x03\xe8", 2));
  run_until([this] { return session->closes == 1; });
  client.reset();
  run_until([this] { return session->ended; });
  EXPECT_EQ(session->socket.clients_code(), 1000);
}

TEST_F(WebsocketAtRest, EndsWithItsSocket) {
  open();
  run_until_resting();
  client.reset();
  run_until([this] { return session->ended; });
}

TEST_F(WebsocketAtRest, StaysAwakeWhereItCompresses) {
  open(true);
  session->socket.rest();
  EXPECT_TRUE(session->socket.may_send());
}

}  // namespace
}  // namespace anabranch::transport
