#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

// Sessions whose WebSocket is put to rest whenever it can be.

namespace anabranch::transport {
namespace {

using std::chrono::milliseconds;

void rest_at_once(SessionOptions& options) { options.rest_after = milliseconds(1); }

TEST(Resting, LosesNoFrameEitherWay) {
  TestServer server(rest_at_once);
  const auto client = connect_as(server, "alice");
  for (int i = 1; i <= 300; ++i) {
    client->send_text(update(i));
    if (i % 3 == 0) server.sink.connection()->send(frame_of("{\"n\":" + std::to_string(i) + "}"));
    // So long that it rests now and then, and now and then is about to.
    if (i % 7 == 0) std::this_thread::sleep_for(milliseconds(i % 5));
  }
  int acks = 0;
  int events = 0;
  while (acks < 300 || events < 100) {
    const std::string text = client->receive_text();
    ++(text.starts_with("{\"n\"") ? events : acks);
  }
  EXPECT_TRUE(server.sink.wait_for_writes(300));
}

TEST(Resting, StillHasTheIdleLimit) {
  TestServer server([](SessionOptions& options) {
    rest_at_once(options);
    options.idle_timeout = milliseconds(200);
  });
  const auto client = connect_as(server, "alice");
  EXPECT_EQ(client->receive_close().close_code, 1001);
}

TEST(Resting, StillEndsWithItsToken) {
  TestServer server(rest_at_once);
  const auto client = connect_as(server, "alice@1500");
  EXPECT_EQ(client->receive_close().close_code, 4401);
}

TEST(Resting, IsToldThatTheNodeDrains) {
  TestServer server(rest_at_once);
  const auto client = connect_as(server, "alice");
  client->send_text(update(1));
  client->receive_text();
  server.server->drain();
  EXPECT_EQ(client->receive_close().close_code, 1012);
}

}  // namespace
}  // namespace anabranch::transport
