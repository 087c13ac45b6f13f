#include "tests/cluster/admission_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

// Events are made for those who hear them, and for nobody else.

namespace anabranch::cluster {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Sessions final : public Audience {
 public:
  bool hears(const UserId& user, std::optional<SessionId> but) const override {
    const auto found = of.find(user);
    if (found == of.end()) return false;
    return found->second.size() > (but && found->second.contains(*but) ? 1U : 0U);
  }

  std::map<UserId, std::set<SessionId>> of;
};

class ReplicaAudience : public ::testing::Test {
 protected:
  ReplicaAudience() { node.warm(); }

  std::vector<Deliver> write() {
    node.write(1, request_of({set("a", "1")}));
    node.settle();
    return node.deliveries();
  }

  Sessions sessions;
  ReplicaDriver node{with_peers(), state_of(origin_a), &sessions};
};

TEST_F(ReplicaAudience, AWriteIsToldToTheOthersWhereThereAreSome) {
  sessions.of["alice"] = {SessionId{1}};
  sessions.of["bob"] = {SessionId{3}};
  EXPECT_THAT(write(), IsEmpty());
  sessions.of["alice"] = {SessionId{1}, SessionId{2}};
  EXPECT_THAT(write(), SizeIs(1));
}

TEST_F(ReplicaAudience, APeersWriteIsToldWhereSomebodyIs) {
  node.hear_all();
  node.publish("b", {write_of({origin_b, 1}, {set("a", "1")})});
  node.settle();
  EXPECT_THAT(node.deliveries(), IsEmpty());
  sessions.of["alice"] = {SessionId{1}};
  node.publish("b", {write_of({origin_b, 2}, {set("a", "2")}, 2)});
  node.settle();
  EXPECT_THAT(node.deliveries(), SizeIs(1));
}

TEST_F(ReplicaAudience, ATracedWriteIsHandedOnForTheLogAllTheSame) {
  wire::WriteRequest request = request_of({set("a", "1")});
  request.traceparent =
      *wire::Traceparent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  node.write(1, std::move(request));
  node.settle();
  EXPECT_THAT(node.deliveries(), SizeIs(1));
}

class ReplicaAudienceOfAnAdmission : public ReplicaAdmission {
 protected:
  ReplicaAudienceOfAnAdmission() {
    held.emplace(with_acks(), unadmitted(known), &sessions);
    begin({}, {});
  }

  std::vector<Deliver> taken_in() {
    piece(0, {write_of({origin_b, 1}, {set("a", "1")})});
    node.settle();
    return node.deliveries();
  }

  Sessions sessions;
};

TEST_F(ReplicaAudienceOfAnAdmission, IsToldOfWhatWasTakenIn) {
  sessions.of["alice"] = {SessionId{1}};
  EXPECT_THAT(taken_in(), SizeIs(1));
}

TEST_F(ReplicaAudienceOfAnAdmission, MayBeNobody) {
  sessions.of["bob"] = {SessionId{1}};
  EXPECT_THAT(taken_in(), IsEmpty());
  EXPECT_TRUE(admitted(node));
}

}  // namespace
}  // namespace anabranch::cluster
