#include "tests/transport/peer/stranger.h"
#include "tests/transport/peer/test_node.h"

#include <gtest/gtest.h>
#include <zmq.hpp>

// Encrypted links: who may connect, and as whom.

namespace anabranch::transport::testing {
namespace {

PeerLinkOptions impatient(PeerLinkOptions options) {
  options.silence_limit = std::chrono::milliseconds(500);
  return options;
}

struct CurveTest : ::testing::Test {
  TestNode a{impatient(encrypted_options_of("a"))};
  TestNode b{impatient(encrypted_options_of("b"))};
  TestNode c{impatient(encrypted_options_of("c"))};
  const std::string& key_of_a = key_;

 private:
  const std::string key_ = a.options().public_key;
};

TEST_F(CurveTest, MembersWithTheirKeysTalk) {
  connect({&a, &b, &c});
  EXPECT_TRUE(linked(a, b));
  EXPECT_TRUE(linked(b, a));
  EXPECT_TRUE(linked(c, a));
  EXPECT_EQ(a.link().stats().refused, 0u);
}

TEST_F(CurveTest, AKeyThatIsNobodysIsRefused) {
  connect({&a, &b});
  Stranger subscriber(ZMQ_SUB, a.address().publish, make_curve_keys(), key_of_a);
  Stranger dealer(ZMQ_DEALER, a.address().sync, make_curve_keys(), key_of_a);
  dealer.send(said_by("b", pull(1)));
  ASSERT_TRUE(linked(a, b));
  ASSERT_TRUE(linked(b, a));
  EXPECT_FALSE(subscriber.receives());
  EXPECT_FALSE(a.inbox().has("b", pull(1)));
}

TEST_F(CurveTest, PlainTextIsRefused) {
  connect({&a, &b});
  Stranger subscriber(ZMQ_SUB, a.address().publish, {}, "");
  Stranger dealer(ZMQ_DEALER, a.address().sync, {}, "");
  dealer.send(said_by("b", pull(1)));
  ASSERT_TRUE(linked(a, b));
  ASSERT_TRUE(linked(b, a));
  EXPECT_FALSE(subscriber.receives());
  EXPECT_FALSE(a.inbox().has("b", pull(1)));
}

TEST_F(CurveTest, ANodeWithAnotherKeyIsNotBelieved) {
  // Somebody else answers at a's address: b expects a's key.
  PeerAddress false_a = c.address();
  false_a.name = "a";
  false_a.public_key = key_of_a;
  b.link().set_peers({false_a});
  c.link().set_peers({b.address()});
  a.link().set_peers({b.address()});
  c.link().publish(heartbeat(1));
  EXPECT_TRUE(eventually([&] {
    b.link().ask("a", hello(1));
    c.link().publish(heartbeat(1));
    return b.link().stats().rebuilt >= 4;
  }));
  EXPECT_EQ(b.link().stats().received, 0u);
  EXPECT_EQ(c.link().stats().received, 0u);
}

TEST_F(CurveTest, AMemberCannotSpeakForAnother) {
  connect({&a, &b, &c});
  ASSERT_TRUE(linked(c, a));
  Stranger as_c(ZMQ_DEALER, a.address().sync, keys_of(c), key_of_a);
  as_c.send(said_by("b", pull(1)));
  as_c.send(said_by("c", pull(2)));
  ASSERT_TRUE(a.inbox().gets("c", pull(2)));
  EXPECT_FALSE(a.inbox().has("b", pull(1)));
  EXPECT_GE(a.link().stats().refused, 1u);
}

TEST_F(CurveTest, ARemovedKeyIsCutAtOnceAndTheOthersComeBack) {
  connect({&a, &b, &c});
  ASSERT_TRUE(linked(a, c));
  ASSERT_TRUE(linked(c, a));
  Stranger subscriber(ZMQ_SUB, a.address().publish, keys_of(c), key_of_a);
  ASSERT_TRUE(eventually([&] {
    a.link().publish(heartbeat(1));
    return subscriber.receives();
  }));

  a.link().set_peers({b.address()});
  ASSERT_TRUE(linked(a, b));
  ASSERT_TRUE(linked(b, a));
  while (subscriber.receives()) {
  }
  c.link().ask("a", pull(1));
  ASSERT_TRUE(linked(a, b));
  ASSERT_TRUE(linked(b, a));
  EXPECT_FALSE(subscriber.receives());
  EXPECT_FALSE(a.inbox().has("c", pull(1)));
}

TEST_F(CurveTest, ARemovedMemberThatIsAddedAgainTalks) {
  connect({&a, &b, &c});
  ASSERT_TRUE(linked(c, a));
  a.link().set_peers({b.address()});
  a.link().set_peers({b.address(), c.address()});
  EXPECT_TRUE(linked(c, a));
  EXPECT_TRUE(linked(a, c));
}

TEST_F(CurveTest, AMemberMayChangeItsKey) {
  connect({&a, &b});
  ASSERT_TRUE(linked(a, b));
  TestNode renewed(impatient(encrypted_options_of("b")));
  connect({&a, &renewed});
  EXPECT_TRUE(linked(a, renewed));
  EXPECT_TRUE(linked(renewed, a));
  b.link().ask("a", pull(1));
  EXPECT_TRUE(linked(renewed, a));
  EXPECT_FALSE(a.inbox().has("b", pull(1)));
}

// Nodes reload their configuration at different times: b comes before a knows it.
TEST_F(CurveTest, AMemberThatWasRefusedGetsInOnceItIsKnown) {
  b.link().set_peers({a.address()});
  EXPECT_TRUE(eventually([&] {
    b.link().ask("a", hello(1));
    return b.link().stats().rebuilt >= 2;
  }));
  a.link().set_peers({b.address()});
  EXPECT_TRUE(linked(a, b));
  EXPECT_TRUE(linked(b, a));
}

TEST_F(CurveTest, AMemberWithoutAProperKeyIsLeftOut) {
  PeerAddress keyless = c.address();
  keyless.public_key = "";
  a.link().set_peers({b.address(), keyless});
  b.link().set_peers({a.address()});
  EXPECT_TRUE(linked(a, b));
  EXPECT_TRUE(eventually([&] { return a.has_logged("\"c\" is left out"); }));
}

TEST(Curve, AKeyPairThatMakesNoSenseIsAnInvalidConfig) {
  const SystemClock clock;
  PeerLinkOptions broken = encrypted_options_of("a");
  broken.secret_key = "short";
  PeerLinkOptions mixed = encrypted_options_of("a");
  mixed.public_key = make_curve_keys().public_key;
  for (const PeerLinkOptions& options : {broken, mixed}) {
    const auto opened = open_peer_link(options, [](wire::PeerEnvelope) {}, clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::invalid_config);
  }
}

}  // namespace
}  // namespace anabranch::transport::testing
