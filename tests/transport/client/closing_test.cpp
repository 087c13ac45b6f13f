#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

using std::chrono::milliseconds;

TEST(Closing, ByTheNodeSendsWhatIsQueuedThenCodeAndReason) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  server.sink.connection()->send(frame_of("last words"));
  server.sink.connection()->close(CloseCode::too_many_connections, "enough tabs");
  server.sink.connection()->send(frame_of("too late"));
  EXPECT_EQ(client->receive_text(), "last words");
  const Received close = client->receive_close();
  EXPECT_EQ(close.close_code, 4429);
  EXPECT_EQ(close.data, "enough tabs");
  EXPECT_TRUE(server.sink.wait_for_closes(1));
}

TEST(Closing, CutsAReasonThatIsTooLong) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  std::string reason(122, 'x');
  server.sink.connection()->close(CloseCode::going_away, reason + "\xC3\xA9");
  EXPECT_EQ(client->receive_close().data, reason);
}

TEST(Closing, ByTheClientIsAnsweredAndTold) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  client->answer_close();
  const Received close = client->receive();
  EXPECT_EQ(close.kind, Received::Kind::close);
  EXPECT_EQ(close.close_code, 1000);
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(server.sink.wait_for_closes(1));
  EXPECT_EQ(server.server->connections(), 0U);
}

TEST(Closing, ByABrokenConnectionIsToldOnce) {
  TestServer server;
  connect_as(server, "alice").reset();
  ASSERT_TRUE(server.sink.wait_for_closes(1));
  const auto connection = server.sink.connection();
  connection->send(frame_of("nobody hears this"));
  connection->answered(1);
  connection->close(CloseCode::going_away, "nor this");
  server.server->stop();
  EXPECT_EQ(server.sink.closes(), 1U);
}

TEST(Closing, AConnectionMayOutliveItsServer) {
  std::shared_ptr<ClientConnection> connection;
  {
    TestServer server;
    const auto client = connect_as(server, "alice");
    connection = server.sink.connection();
  }
  connection->send(frame_of("nobody hears this"));
  connection->answered(1);
  connection->close(CloseCode::going_away, "nor this");
}

TEST(Closing, OfASilentClientFollowsAPing) {
  TestServer server([](SessionOptions& o) { o.idle_timeout = milliseconds(400); });
  const auto client = connect_as(server, "alice");
  EXPECT_EQ(client->receive().kind, Received::Kind::ping);
  const Received close = client->receive();
  EXPECT_EQ(close.kind, Received::Kind::close);
  EXPECT_EQ(close.close_code, 1001);
}

TEST(Closing, SparesAClientThatAnswersPings) {
  TestServer server([](SessionOptions& o) { o.idle_timeout = milliseconds(2000); });
  const auto client = connect_as(server, "alice");
  for (int i = 0; i < 3; ++i) {
    const Received ping = client->receive();
    ASSERT_EQ(ping.kind, Received::Kind::ping);
    client->send_frame(TestClient::pong_opcode, ping.data);
  }
  client->send_text(update(1));
  EXPECT_EQ(client->receive_text(), "ack 1");
}

TEST(Closing, SparesAClientThatIsBusyTakingALargeFrame) {
  TestServer server([](SessionOptions& o) { o.idle_timeout = milliseconds(2000); });
  TestClient client(server.port(), 65536);
  client.upgrade("Authorization: Bearer alice\r\n");
  client.receive_text();
  constexpr std::size_t large = 40'000'000;
  server.sink.connection()->send(frame_of(std::string(large, 'x')));
  client.read_slowly(std::chrono::seconds(5), large);
  EXPECT_EQ(client.receive_text().size(), large);
  client.send_text(update(1));
  EXPECT_EQ(client.receive_text(), "ack 1");
}

TEST(Draining, ClosesSessionsAndRefusesUpgrades) {
  TestServer server;
  const auto first = connect_as(server, "alice");
  const auto second = connect_as(server, "bob");
  server.server->drain();
  EXPECT_EQ(first->receive_close().close_code, 1012);
  EXPECT_EQ(second->receive_close().close_code, 1012);
  EXPECT_EQ(TestClient(server.port()).upgrade().status, 503);
  EXPECT_TRUE(server.sink.wait_for_closes(2));
}

TEST(Draining, ClosesManySessionsOneBurstAfterAnother) {
  TestServer server;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 120; ++i) clients.push_back(connect_as(server, "alice"));
  server.server->drain();
  for (const auto& client : clients) EXPECT_EQ(client->receive_close().close_code, 1012);
  EXPECT_TRUE(server.sink.wait_for_closes(120));
}

TEST(Draining, ThatIsCalledOffLetsClientsInAgain) {
  TestServer server;
  const auto first = connect_as(server, "alice");
  server.server->drain();
  EXPECT_EQ(first->receive_close().close_code, 1012);
  server.server->resume();
  const auto second = connect_as(server, "alice");
  server.server->drain();
  EXPECT_EQ(second->receive_close().close_code, 1012);
}

TEST(Draining, ThatTakesItsTimeDoesNotHoldUpTheStop) {
  TestServer server;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 60; ++i) clients.push_back(connect_as(server, "alice"));
  server.server->drain();
  server.server->stop();
  EXPECT_EQ(server.sink.closes(), 60U);
}

TEST(Stopping, ClosesSessionsAsGoingAway) {
  TestServer server;
  const auto client = connect_as(server, "alice");
  server.server->stop();
  const Received close = client->receive();
  EXPECT_EQ(close.kind, Received::Kind::close);
  EXPECT_EQ(close.close_code, 1001);
}

TEST(Stopping, DoesNotWaitForClientsThatDoNotAnswer) {
  TestServer server;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(connect_as(server, "alice"));
  TestClient half_open(server.port());
  half_open.upgrade();
  TestClient silent(server.port());
  server.server->stop();
  EXPECT_EQ(server.sink.closes(), 20U);
  EXPECT_EQ(server.server->connections(), 0U);
}

TEST(Stopping, WorksWithManyThreadsAndIsRepeatable) {
  ServerOptions options = server_options();
  options.threads = 3;
  const TestClock clock;
  const FakeAuthenticator authenticator;
  FakeSink sink;
  auto server = start_server(options, nullptr, &sink, &authenticator, clock);
  ASSERT_TRUE(server);
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(std::make_unique<TestClient>((*server)->port()));
    clients.back()->upgrade("Authorization: Bearer alice\r\n");
    clients.back()->receive_text();
  }
  EXPECT_EQ((*server)->connections(), 9U);
  (*server)->stop();
  (*server)->stop();
  server->reset();
  EXPECT_EQ(sink.closes(), 9U);
}

}  // namespace
}  // namespace anabranch::transport
