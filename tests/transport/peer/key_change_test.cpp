#include "tests/transport/peer/stranger.h"
#include "tests/transport/peer/tcp_proxy.h"
#include "tests/transport/peer/test_node.h"

#include <gtest/gtest.h>
#include <zmq.hpp>

#include <chrono>
#include <utility>
#include <vector>

// A member changes its key while the links are in use. Nobody tells the others which of its two
// keys it goes by: they find out.

namespace anabranch::transport::testing {
namespace {

// Silence is given longer than the tests wait: nothing here may need it. So each has the other's
// key before the other one comes, for who is refused comes again only after that.
PeerLinkOptions knowing(PeerLinkOptions options, std::vector<PeerAddress> peers) {
  options.peers = std::move(peers);
  options.silence_limit = std::chrono::minutes(5);
  return options;
}

struct KeyChangeTest : ::testing::Test {
  const PeerLinkOptions options_of_b = encrypted_options_of("b");
  const CurveKeys old_keys{options_of_b.secret_key, options_of_b.public_key};
  const CurveKeys new_keys = make_curve_keys();
  TestNode a{knowing(encrypted_options_of("a"), {b_at("tcp://127.0.0.1:1", "tcp://127.0.0.1:1")})};
  TestNode b{knowing(options_of_b, {a.address()})};

  void SetUp() override {
    a.link().set_peers({b_with_both()});
    expect_linked();
  }

  PeerAddress b_at(const std::string& publish, const std::string& sync) const {
    return {"b", publish, sync, old_keys.public_key, new_keys.public_key};
  }
  PeerAddress b_with_both() const { return b_at(b.address().publish, b.address().sync); }
  PeerAddress b_with_old() const { return b.address(); }
  PeerAddress b_with_new() const {
    PeerAddress address = b.address();
    address.public_key = new_keys.public_key;
    return address;
  }
  void expect_linked() {
    EXPECT_TRUE(linked(a, b));
    EXPECT_TRUE(linked(b, a));
  }
};

TEST_F(KeyChangeTest, TheLinksComeBackWhenAMemberGoesByItsNextKey) {
  b.link().set_keys(new_keys);
  expect_linked();
  a.link().set_peers({b_with_new()});
  expect_linked();
}

TEST_F(KeyChangeTest, AMemberMayGoBackToItsFirstKey) {
  b.link().set_keys(new_keys);
  expect_linked();
  b.link().set_keys(old_keys);
  expect_linked();
  a.link().set_peers({b_with_old()});
  expect_linked();
}

TEST_F(KeyChangeTest, BothMayChangeAtOnce) {
  const CurveKeys new_keys_of_a = make_curve_keys();
  PeerAddress a_with_both = a.address();
  a_with_both.next_public_key = new_keys_of_a.public_key;
  b.link().set_peers({a_with_both});
  expect_linked();
  a.link().set_keys(new_keys_of_a);
  b.link().set_keys(new_keys);
  expect_linked();
}

TEST_F(KeyChangeTest, AMemberThatStartsWithItsNextKeyIsFound) {
  const PeerLinkOptions options = knowing(encrypted_options_of("c"), {a.address()});
  const CurveKeys former = make_curve_keys();
  PeerAddress c_nowhere{"c", "tcp://127.0.0.1:1", "tcp://127.0.0.1:1", former.public_key,
                        options.public_key};
  a.link().set_peers({b_with_both(), c_nowhere});
  expect_linked();
  TestNode c(options);
  PeerAddress c_with_both = c.address();
  c_with_both.public_key = former.public_key;
  c_with_both.next_public_key = options.public_key;
  a.link().set_peers({b_with_both(), c_with_both});
  EXPECT_TRUE(linked(a, c));
  EXPECT_TRUE(linked(c, a));
}

// Neither a key more nor one less touches a link that goes by another one.
TEST_F(KeyChangeTest, LinksStandWhileTheFileChanges) {
  TcpProxy publish(b.address().publish);
  TcpProxy sync(b.address().sync);
  const auto go_by = [&](PeerAddress address) {
    address.publish = publish.endpoint();
    address.sync = sync.endpoint();
    a.link().set_peers({address});
    ASSERT_TRUE(hears(a, b));
    ASSERT_TRUE(is_answered(a, b));
  };
  go_by(b_with_old());
  const auto before = publish.accepted() + sync.accepted();
  go_by(b_with_both());
  go_by(b_with_old());
  PeerAddress turned_round = b_with_new();
  turned_round.next_public_key = old_keys.public_key;
  go_by(turned_round);
  EXPECT_EQ(publish.accepted() + sync.accepted(), before);
}

TEST_F(KeyChangeTest, TheFormerKeyIsCutWhenItGoes) {
  b.link().set_keys(new_keys);
  expect_linked();
  Stranger subscriber(ZMQ_SUB, a.address().publish, old_keys, keys_of(a).public_key);
  Stranger dealer(ZMQ_DEALER, a.address().sync, old_keys, keys_of(a).public_key);
  dealer.send(said_by("b", pull(1)));
  ASSERT_TRUE(a.inbox().gets("b", pull(1)));
  ASSERT_TRUE(eventually([&] {
    a.link().publish(heartbeat(1));
    return subscriber.receives();
  }));

  a.link().set_peers({b_with_new()});
  expect_linked();
  while (subscriber.receives()) {
  }
  dealer.send(said_by("b", pull(2)));
  expect_linked();
  EXPECT_FALSE(subscriber.receives());
  EXPECT_FALSE(a.inbox().has("b", pull(2)));
}

TEST_F(KeyChangeTest, AMemberThatHasChangedIsReachedByItsNewKeyAlone) {
  Stranger by_old(ZMQ_SUB, b.address().publish, keys_of(a), old_keys.public_key);
  ASSERT_TRUE(eventually([&] {
    b.link().publish(heartbeat(1));
    return by_old.receives();
  }));
  b.link().set_keys(new_keys);
  expect_linked();
  while (by_old.receives()) {
  }
  expect_linked();
  EXPECT_FALSE(by_old.receives());
}

}  // namespace
}  // namespace anabranch::transport::testing
