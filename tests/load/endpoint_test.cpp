#include "load/endpoint.h"

#include <gtest/gtest.h>

namespace anabranch::load {
namespace {

TEST(Endpoint, ReadsAUrl) {
  const auto endpoint = parse_endpoint_url("ws://127.0.0.1:8101/v1/sync");
  ASSERT_TRUE(endpoint);
  EXPECT_FALSE(endpoint->tls);
  EXPECT_EQ(endpoint->host, "127.0.0.1");
  EXPECT_EQ(endpoint->port, 8101);
  EXPECT_EQ(endpoint->target, "/v1/sync");
}

TEST(Endpoint, KeepsTheQuery) {
  EXPECT_EQ(parse_endpoint_url("ws://h:1/socket.io/?EIO=4&transport=websocket")->target,
            "/socket.io/?EIO=4&transport=websocket");
}

TEST(Endpoint, KnowsTlsAndThePortsOfTheWeb) {
  const auto endpoint = parse_endpoint_url("wss://sync.example.org");
  ASSERT_TRUE(endpoint);
  EXPECT_TRUE(endpoint->tls);
  EXPECT_EQ(endpoint->port, 443);
  EXPECT_EQ(endpoint->target, "/");
  EXPECT_EQ(parse_endpoint_url("ws://h/v1/sync")->port, 80);
}

TEST(Endpoint, TakesIpv6) {
  const auto endpoint = parse_endpoint_url("ws://[::1]:8100/v1/sync");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(resolve(*endpoint)->address, "::1");
}

TEST(Endpoint, RefusesWhatIsNoWebSocket) {
  for (const char* url : {"", "127.0.0.1:8100", "http://127.0.0.1:8100/v1/sync", "ws://", "ws:///x",
                          "ws://h:99999/"}) {
    EXPECT_FALSE(parse_endpoint_url(url)) << url;
  }
}

}  // namespace
}  // namespace anabranch::load
