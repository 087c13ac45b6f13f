#include "node/address.h"

#include <gtest/gtest.h>

#include <string>

namespace anabranch::node {
namespace {

TEST(Address, HostAndPortAreTakenApart) {
  EXPECT_EQ(parse_host_port("127.0.0.1:8101"), (HostPort{"127.0.0.1", 8101}));
  EXPECT_EQ(parse_host_port("[::1]:0"), (HostPort{"::1", 0}));
  EXPECT_EQ(parse_host_port("*:65535"), (HostPort{"*", 65535}));
  EXPECT_EQ(parse_host_port("a-b.example:1"), (HostPort{"a-b.example", 1}));
  EXPECT_EQ(parse_endpoint("tcp://[2001:db8::1]:7101"), (HostPort{"2001:db8::1", 7101}));
}

TEST(Address, EverythingElseIsRefused) {
  for (const char* text :
       {"",           ":",        ":80",          "host",   "host:",  "host:x",  "host:1x",
        "host:+1",    "host:-1",  "host:65536",   "::1:80", "[::1]",  "[::1:80", "[127.0.0.1]:80",
        "[]:80",      "1.2.3:80", "256.1.1.1:80", "a b:80", "a/b:80", "-a:80",   ".a:80",
        "tcp://a:80", "a:080",    "a:00"}) {
    EXPECT_FALSE(parse_host_port(text)) << text;
  }
  for (const char* text :
       {"", "a:80", "tcp:a:80", "udp://a:80", "tcp://a", "tcp://a:80/", "TCP://a:1"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
  EXPECT_FALSE(parse_host_port(std::string(300, 'a') + ":80"));
}

TEST(Address, WritingBringsTheBracketsBack) {
  for (const char* text : {"127.0.0.1:8101", "[::1]:0", "a.example:443"}) {
    EXPECT_EQ(parse_host_port(text)->to_string(), text);
  }
}

TEST(Address, LoopbackIsKnown) {
  for (const char* host :
       {"127.0.0.1", "127.255.0.9", "::1", "0:0:0:0:0:0:0:1", "localhost", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "128.0.0.1", "10.0.0.1", "::", "::2", "*", "127.example",
                           "localhost.example", "::ffff:10.0.0.1", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace anabranch::node
