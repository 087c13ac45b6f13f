#include "transport/peer/inbound_check.h"

#include "tests/transport/peer/test_node.h"
#include "wire/peer_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

using ::testing::HasSubstr;

std::string from_a(const wire::PeerMessage& message) {
  return wire::encode({"test", "a", message});
}

constexpr InboundRules publications_of_a{PeerChannel::publications, "test", "a"};

TEST(InboundCheck, PassesWhatTheMemberBehindTheSocketSays) {
  const auto read = read_inbound(from_a(testing::heartbeat(1)), publications_of_a);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->sender, "a");
  EXPECT_EQ(read->message, testing::heartbeat(1));
}

TEST(InboundCheck, PassesAnySenderWhereNobodyIsKnown) {
  EXPECT_TRUE(read_inbound(from_a(testing::hello(1)), {PeerChannel::asks, "test", std::nullopt}));
}

TEST(InboundCheck, RefusesAnotherSender) {
  const auto read =
      read_inbound(from_a(testing::heartbeat(1)), {PeerChannel::publications, "test", "b"});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::refused);
  EXPECT_THAT(read.error().message, HasSubstr("\"a\""));
}

// A connection whose key is nobody's has an empty owner, which is no leave to be anybody.
TEST(InboundCheck, RefusesEveryoneWhereTheOwnerIsEmpty) {
  EXPECT_FALSE(read_inbound(from_a(testing::hello(1)), {PeerChannel::asks, "test", ""}));
}

TEST(InboundCheck, RefusesAnotherCluster) {
  const auto read =
      read_inbound(from_a(testing::heartbeat(1)), {PeerChannel::publications, "other", "a"});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::refused);
}

TEST(InboundCheck, RefusesGarbage) {
  for (const std::string& garbage : {std::string(), std::string("\xc1\xff\x00", 3),
                                     std::string(1000, 'x'), from_a(testing::hello(1)) + "x"}) {
    const auto read = read_inbound(garbage, publications_of_a);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::malformed);
  }
}

TEST(InboundCheck, EachKindComesByOneChannelAlone) {
  const struct {
    wire::PeerMessage message;
    PeerChannel channel;
  } cases[] = {
      {testing::writes_of(10), PeerChannel::publications},
      {testing::heartbeat(1), PeerChannel::publications},
      {testing::hello(1), PeerChannel::asks},
      {wire::Progress{ReplicaId{7}, {}}, PeerChannel::asks},
      {testing::pull(1), PeerChannel::asks},
      {wire::PullCredit{1, 1}, PeerChannel::asks},
      {wire::Welcome{std::get<wire::Hello>(testing::hello(1)).report, 1}, PeerChannel::answers},
      {testing::piece(1), PeerChannel::answers},
  };
  for (const auto& [message, proper] : cases) {
    EXPECT_EQ(channel_of(message), proper);
    for (const PeerChannel channel :
         {PeerChannel::publications, PeerChannel::asks, PeerChannel::answers}) {
      const auto read = read_inbound(from_a(message), {channel, "test", "a"});
      EXPECT_EQ(read.has_value(), channel == proper) << "kind " << message.index();
    }
  }
}

}  // namespace
}  // namespace anabranch::transport
