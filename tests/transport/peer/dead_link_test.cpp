#include "tests/transport/peer/tcp_proxy.h"
#include "tests/transport/peer/test_node.h"

#include <gtest/gtest.h>

#include <chrono>

// Links whose network fails them, with and without telling.

namespace anabranch::transport::testing {
namespace {

PeerLinkOptions impatient(PeerLinkOptions options) {
  options.silence_limit = std::chrono::milliseconds(500);
  return options;
}

// b reaches a through proxies; a has no way to b of its own. A publishes and b asks all the time.
struct DeadLinkTest : ::testing::Test {
  TestNode a{impatient(options_of("a"))};
  TestNode b{impatient(options_of("b"))};
  TcpProxy publish{a.address().publish};
  TcpProxy sync{a.address().sync};

  void SetUp() override {
    a.link().set_peers({{"b", "tcp://127.0.0.1:1", "tcp://127.0.0.1:1", ""}});
    b.link().set_peers({{"a", publish.endpoint(), sync.endpoint(), ""}});
    ASSERT_TRUE(works());
  }
  bool works() { return hears(b, a) && is_answered(b, a); }
};

TEST_F(DeadLinkTest, ComesBackAfterACut) {
  publish.cut();
  sync.cut();
  EXPECT_TRUE(works());
}

TEST_F(DeadLinkTest, AForgottenSubscriptionIsRebuilt) {
  publish.forget();
  EXPECT_TRUE(hears(b, a));
  EXPECT_GE(b.link().stats().rebuilt, 1u);
  EXPECT_TRUE(b.has_logged("nothing came from member \"a\" at " + publish.endpoint()));
}

TEST_F(DeadLinkTest, AForgottenDialogueIsRebuilt) {
  sync.forget();
  EXPECT_TRUE(is_answered(b, a));
  EXPECT_GE(b.link().stats().rebuilt, 1u);
  EXPECT_TRUE(b.has_logged("nothing came from member \"a\" at " + sync.endpoint()));
}

TEST_F(DeadLinkTest, IsTriedAgainAndAgainWhileThePeerIsStalled) {
  publish.stall();
  sync.stall();
  const std::uint64_t before = b.link().stats().rebuilt;
  EXPECT_TRUE(eventually([&] {
    b.link().ask("a", hello(1));
    return b.link().stats().rebuilt >= before + 5;
  }));
  publish.resume();
  sync.resume();
  EXPECT_TRUE(works());
}

TEST_F(DeadLinkTest, AStalledPeerHoldsUpNeitherTheOthersNorTheEnd) {
  TestNode c(impatient(options_of("c")));
  b.link().set_peers({{"a", publish.endpoint(), sync.endpoint(), ""}, c.address()});
  c.link().set_peers({b.address()});
  publish.stall();
  sync.stall();
  EXPECT_TRUE(linked(b, c));
  EXPECT_TRUE(linked(c, b));
}

// Only a handshake that never comes stands in the way here: the proxy accepts and says nothing.
TEST(DeadLink, APeerThatAcceptsAndSaysNothingIsGivenUp) {
  TestNode a(options_of("a"));
  TcpProxy publish(a.address().publish);
  TcpProxy sync(a.address().sync);
  publish.stall();
  sync.stall();
  PeerLinkOptions options = impatient(options_of("b"));
  options.peers = {{"a", publish.endpoint(), sync.endpoint(), ""}};
  TestNode b(options);
  a.link().set_peers({b.address()});
  EXPECT_TRUE(eventually([&] { return publish.accepted() >= 3; }));
  publish.resume();
  sync.resume();
  EXPECT_TRUE(hears(b, a));
  EXPECT_TRUE(is_answered(b, a));
}

// The default limit, as a node has it: the promise is ten seconds.
TEST(DeadLink, AHalfOpenLinkIsRebuiltWithinTenSecondsByDefault) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  TcpProxy publish(a.address().publish);
  TcpProxy sync(a.address().sync);
  a.link().set_peers({b.address()});
  b.link().set_peers({{"a", publish.endpoint(), sync.endpoint(), ""}});
  ASSERT_TRUE(hears(b, a));
  ASSERT_TRUE(is_answered(b, a));
  publish.forget();
  sync.forget();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(is_answered(b, a));
  EXPECT_TRUE(hears(b, a));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_GE(b.link().stats().rebuilt, 2u);
}

}  // namespace
}  // namespace anabranch::transport::testing
