#include "tests/transport/client/fakes.h"
#include "transport/client/read_window.h"

#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

HttpHandler ok_handler() {
  return [](HttpQuery, const std::function<void(HttpAnswer)>& done) { done({}); };
}

/// Lets the server's only thread do what it has to do: it answers in between.
void let_the_server_work(const TestServer& server) {
  for (int i = 0; i < 10; ++i) TestClient(server.port()).request("GET", "/healthz");
}

/// Connects, with nothing answered from now on, and sends `count` writes of about `bytes`.
std::unique_ptr<TestClient> flood(TestServer& server, int count, std::size_t bytes) {
  auto client = connect_as(server, "alice");
  server.sink.hold_answers();
  for (int i = 0; i < count; ++i) {
    client->send_text(update(i) + std::string(bytes, ' '));
  }
  return client;
}

TEST(Backpressure, StopsReadingAtTooManyUnansweredFrames) {
  TestServer server(nullptr, ok_handler());
  const auto client = flood(server, 600, 0);
  ASSERT_TRUE(server.sink.wait_for_writes(ReadWindow::max_frames));
  let_the_server_work(server);
  EXPECT_EQ(server.sink.writes(), ReadWindow::max_frames);

  server.sink.connection()->answered(10);
  ASSERT_TRUE(server.sink.wait_for_writes(ReadWindow::max_frames + 10));
  let_the_server_work(server);
  EXPECT_EQ(server.sink.writes(), ReadWindow::max_frames + 10);

  server.sink.connection()->answered(ReadWindow::max_frames);
  EXPECT_TRUE(server.sink.wait_for_writes(2 * ReadWindow::max_frames + 10));
}

TEST(Backpressure, StopsReadingAtTooManyUnansweredBytes) {
  TestServer server(nullptr, ok_handler());
  const auto client = flood(server, 30, 60000);
  ASSERT_TRUE(server.sink.wait_for_writes(18));
  let_the_server_work(server);
  EXPECT_EQ(server.sink.writes(), 18U);
  server.sink.connection()->answered(18);
  EXPECT_TRUE(server.sink.wait_for_writes(30));
}

TEST(Backpressure, DoesNotKeepAConnectionFromBeingClosed) {
  TestServer server(nullptr, ok_handler());
  const auto client = flood(server, 600, 0);
  ASSERT_TRUE(server.sink.wait_for_writes(ReadWindow::max_frames));
  server.sink.connection()->close(CloseCode::going_away, "enough");
  EXPECT_EQ(client->receive_close().close_code, 1001);
  EXPECT_TRUE(server.sink.wait_for_closes(1));
  EXPECT_EQ(server.sink.writes(), ReadWindow::max_frames);
}

TEST(Backpressure, ClosesAClientThatReadsTooSlowly) {
  TestServer server([](SessionOptions& o) { o.send_buffer_bytes = 100000; });
  TestClient client(server.port(), 4096);
  client.upgrade("Authorization: Bearer alice\r\n");
  const Frame frame = frame_of(std::string(20000, 'x'));
  for (int i = 0; i < 2000; ++i) server.sink.connection()->send(frame);
  EXPECT_EQ(client.receive_close().close_code, 4408);
  EXPECT_TRUE(server.sink.wait_for_closes(1));
  EXPECT_EQ(server.journal.lines(3).back(),
            "ended: alice: 4408 by node: too slow: reconnect and resume from your cursor");
}

TEST(Backpressure, CutsAClientThatDoesNotReadAtAll) {
  TestServer server([](SessionOptions& o) { o.send_buffer_bytes = 100000; });
  TestClient client(server.port(), 4096);
  client.upgrade("Authorization: Bearer alice\r\n");
  const Frame frame = frame_of(std::string(20000, 'x'));
  for (int i = 0; i < 2000; ++i) server.sink.connection()->send(frame);
  EXPECT_TRUE(server.sink.wait_for_closes(1));
  EXPECT_EQ(server.server->connections(), 0U);
}

TEST(Backpressure, LetsOneFrameOfAnySizeIntoAnEmptyQueue) {
  TestServer server([](SessionOptions& o) { o.send_buffer_bytes = 1000; });
  const auto client = connect_as(server, "alice");
  for (int i = 0; i < 3; ++i) {
    server.sink.connection()->send(frame_of(std::string(5000000, 'x')));
    EXPECT_EQ(client->receive_text().size(), 5000000U);
  }
}

}  // namespace
}  // namespace anabranch::transport
