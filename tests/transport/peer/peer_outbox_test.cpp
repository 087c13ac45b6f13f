#include "transport/peer/peer_outbox.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace anabranch::transport {
namespace {

OutboundMessage message(const std::shared_ptr<ByteBudget>& budget) {
  return {PeerChannel::publications, "", CountedBytes::make("bytes", budget)};
}

bool is_readable(const PeerOutbox& outbox) {
  pollfd item{outbox.wake_descriptor(), POLLIN, 0};
  return poll(&item, 1, 0) == 1;
}

struct OutboxTest : ::testing::Test {
  std::shared_ptr<ByteBudget> budget = std::make_shared<ByteBudget>(1 << 20);
  PeerOutbox outbox;
};

TEST_F(OutboxTest, IsReadableWhileSomethingWaits) {
  EXPECT_FALSE(is_readable(outbox));
  outbox.put(message(budget));
  outbox.put(message(budget));
  EXPECT_TRUE(is_readable(outbox));
  EXPECT_EQ(outbox.take().messages.size(), 2u);
  EXPECT_FALSE(is_readable(outbox));
  outbox.put(message(budget));
  EXPECT_TRUE(is_readable(outbox));
}

TEST_F(OutboxTest, GivesOnlyTheNewestSetOfPeers) {
  outbox.put(std::vector<PeerAddress>{{"old", "", "", ""}});
  outbox.put(std::vector<PeerAddress>{{"new", "", "", ""}});
  const PeerOutbox::Batch batch = outbox.take();
  ASSERT_TRUE(batch.peers);
  EXPECT_EQ(batch.peers->at(0).name, "new");
  EXPECT_FALSE(outbox.take().peers);
}

TEST_F(OutboxTest, GivesTheNewestKeysBesideThePeers) {
  outbox.put(CurveKeys{"old", ""});
  outbox.put(std::vector<PeerAddress>{});
  outbox.put(CurveKeys{"new", ""});
  const PeerOutbox::Batch batch = outbox.take();
  ASSERT_TRUE(batch.keys);
  EXPECT_EQ(batch.keys->secret_key, "new");
  EXPECT_TRUE(batch.peers);
}

TEST_F(OutboxTest, AnEmptySetOfPeersIsASet) {
  outbox.put(std::vector<PeerAddress>{});
  EXPECT_TRUE(outbox.take().peers);
}

TEST_F(OutboxTest, SaysStop) {
  EXPECT_FALSE(outbox.take().stop);
  outbox.put_stop();
  EXPECT_TRUE(is_readable(outbox));
  EXPECT_TRUE(outbox.take().stop);
}

}  // namespace
}  // namespace anabranch::transport
