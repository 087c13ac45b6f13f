#include "tests/transport/peer/test_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

// Links of one process over the loopback: what goes where.

namespace anabranch::transport::testing {
namespace {

using ::testing::HasSubstr;

TEST(PeerLink, APublicationReachesEveryPeer) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  TestNode c(options_of("c"));
  connect({&a, &b, &c});
  EXPECT_TRUE(hears(b, a));
  EXPECT_TRUE(hears(c, a));
  EXPECT_TRUE(hears(a, b));
  EXPECT_TRUE(hears(a, c));

  a.link().publish(writes_of(1000));
  EXPECT_TRUE(b.inbox().gets("a", writes_of(1000)));
  EXPECT_TRUE(c.inbox().gets("a", writes_of(1000)));
  EXPECT_FALSE(a.inbox().has("a", writes_of(1000)));
}

TEST(PeerLink, AQuestionReachesOnlyThePeerThatIsAskedAndTheAnswerOnlyTheAsker) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  TestNode c(options_of("c"));
  connect({&a, &b, &c});
  ASSERT_TRUE(is_answered(a, b));
  ASSERT_TRUE(is_answered(c, b));

  a.link().ask("b", pull(1));
  ASSERT_TRUE(b.inbox().gets("a", pull(1)));
  b.link().answer("a", piece(1));
  EXPECT_TRUE(a.inbox().gets("b", piece(1)));
  EXPECT_FALSE(c.inbox().has("a", pull(1)));
  EXPECT_FALSE(c.inbox().has("b", piece(1)));
}

TEST(PeerLink, QuestionsAndAnswersKeepTheirOrder) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  connect({&a, &b});
  ASSERT_TRUE(is_answered(a, b));
  for (std::uint64_t i = 0; i < 500; ++i) b.link().answer("a", piece(i));
  ASSERT_TRUE(a.inbox().gets("b", piece(499)));
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_TRUE(a.inbox().has("b", piece(i))) << i;
}

TEST(PeerLink, ALatecomerIsJoined) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  connect({&a, &b});
  ASSERT_TRUE(linked(a, b));
  TestNode late(options_of("late"));
  connect({&a, &b, &late});
  EXPECT_TRUE(linked(a, late));
  EXPECT_TRUE(linked(late, a));
  EXPECT_TRUE(linked(late, b));
}

// A hello that is asked for before the peer is there arrives when it comes.
TEST(PeerLink, AQuestionWaitsAWhileForThePeer) {
  PeerAddress address;
  PeerLinkOptions again;
  {
    const TestNode b(options_of("b"));
    address = b.address();
    again = b.options();
  }
  PeerLinkOptions options = options_of("a");
  options.peers = {address};
  options.silence_limit = std::chrono::minutes(5);
  TestNode a(options);
  a.link().ask("b", hello(1));
  again.peers = {a.address()};
  TestNode b(again);
  EXPECT_TRUE(b.inbox().gets("a", hello(1)));
}

TEST(PeerLink, FindsAPeerAgainThatRestartsInItsPlace) {
  TestNode a(options_of("a"));
  auto b = std::make_unique<TestNode>(options_of("b"));
  connect({&a, b.get()});
  ASSERT_TRUE(linked(a, *b));
  ASSERT_TRUE(linked(*b, a));
  PeerLinkOptions again = b->options();
  again.peers = {a.address()};
  b.reset();

  a.link().publish(heartbeat(1));  // to nobody
  TestNode b2(again);
  EXPECT_TRUE(linked(a, b2));
  EXPECT_TRUE(linked(b2, a));
  EXPECT_FALSE(b2.inbox().has("a", heartbeat(1)));
}

TEST(PeerLink, FollowsAPeerToItsNewAddress) {
  TestNode a(options_of("a"));
  auto b = std::make_unique<TestNode>(options_of("b"));
  connect({&a, b.get()});
  ASSERT_TRUE(linked(a, *b));
  b.reset();
  TestNode moved(options_of("b"));
  connect({&a, &moved});
  EXPECT_TRUE(linked(a, moved));
  EXPECT_TRUE(linked(moved, a));
}

// Unchanged links are not touched: their subscription does not miss anything.
TEST(PeerLink, ChangingOnePeerDisturbsNoOther) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  TestNode c(options_of("c"));
  connect({&a, &b});
  ASSERT_TRUE(hears(a, b));
  for (std::uint64_t i = 1; i <= 300; ++i) {
    b.link().publish(heartbeat(i));
    if (i % 3 == 0) a.link().set_peers({b.address(), c.address()});
    if (i % 3 == 1) a.link().set_peers({b.address()});
  }
  ASSERT_TRUE(a.inbox().gets("b", heartbeat(300)));
  for (std::uint64_t i = 1; i <= 300; ++i) EXPECT_TRUE(a.inbox().has("b", heartbeat(i))) << i;
}

TEST(PeerLink, ARemovedPeerIsHeardNoMore) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  TestNode c(options_of("c"));
  connect({&a, &b, &c});
  ASSERT_TRUE(linked(a, b));
  ASSERT_TRUE(linked(b, a));
  a.link().set_peers({c.address()});
  const std::uint64_t before = a.link().stats().refused;
  std::uint64_t number = 1;
  EXPECT_TRUE(eventually([&] {
    b.link().ask("a", pull(number++));
    return a.link().stats().refused > before;
  }));
  b.link().publish(heartbeat(1));
  EXPECT_TRUE(hears(a, c));
  EXPECT_FALSE(a.inbox().has("b", heartbeat(1)));
}

TEST(PeerLink, CountsWhatHasNowhereToGo) {
  TestNode a(options_of("a"));
  a.link().ask("nobody", pull(1));
  a.link().answer("nobody", piece(1));
  EXPECT_TRUE(eventually([&] { return a.link().stats().unsent == 2; }));
  EXPECT_TRUE(eventually([&] { return a.has_logged("dropped"); }));
}

TEST(PeerLink, DoesNotSendWhatNoPeerTakes) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  connect({&a, &b});
  ASSERT_TRUE(hears(b, a));
  a.link().publish(writes_of(17 << 20));
  EXPECT_EQ(a.link().stats().unsent, 1u);
  EXPECT_TRUE(hears(b, a));
  EXPECT_EQ(b.link().stats().rebuilt, 0u);
}

TEST(PeerLink, ATakenPortIsInUse) {
  const TestNode a(options_of("a"));
  const SystemClock clock;
  PeerLinkOptions options = options_of("b");
  options.listen_sync = a.address().sync;
  const auto opened = open_peer_link(options, [](wire::PeerEnvelope) {}, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::in_use);
  EXPECT_THAT(opened.error().message, HasSubstr(a.address().sync));
}

TEST(PeerLink, ASenselessEndpointIsAnInvalidConfig) {
  const SystemClock clock;
  for (const char* endpoint :
       {"", "nonsense", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:x", "tcp://192.0.2.1:7401"}) {
    PeerLinkOptions options = options_of("a");
    options.listen_publish = endpoint;
    const auto opened = open_peer_link(options, [](wire::PeerEnvelope) {}, clock);
    ASSERT_FALSE(opened) << endpoint;
    EXPECT_EQ(opened.error().code, Errc::invalid_config) << endpoint;
  }
}

TEST(PeerLink, PortZeroIsAnyFreeOne) {
  PeerLinkOptions options = options_of("a");
  options.listen_publish = "tcp://127.0.0.1:0";
  const TestNode a(options);
  EXPECT_THAT(a.address().publish, ::testing::MatchesRegex("tcp://127\\.0\\.0\\.1:[1-9][0-9]+"));
}

TEST(PeerLink, APeerWithASenselessAddressHarmsNoOther) {
  TestNode a(options_of("a"));
  TestNode b(options_of("b"));
  connect({&a, &b});
  a.link().set_peers({{"broken", "nonsense", "tcp://", ""}, b.address()});
  EXPECT_TRUE(linked(a, b));
  EXPECT_TRUE(eventually([&] { return a.has_logged("\"broken\""); }));
}

TEST(PeerLink, EndsPromptlyWhilePeersAreUnreachable) {
  // Addresses of documentation (RFC 5737) answer to nobody, and nobody listens on port 1.
  PeerLinkOptions options = options_of("a");
  options.peers = {{"b", "tcp://192.0.2.1:7401", "tcp://192.0.2.1:7402", ""},
                   {"c", "tcp://127.0.0.1:1", "tcp://127.0.0.1:1", ""}};
  auto a = std::make_unique<TestNode>(options);
  for (std::uint64_t i = 0; i < 100; ++i) {
    a->link().publish(heartbeat(i));
    a->link().ask("b", pull(i));
    a->link().ask("c", pull(i));
  }
  const auto start = std::chrono::steady_clock::now();
  a.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace anabranch::transport::testing
