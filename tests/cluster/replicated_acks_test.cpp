#include "cluster/replicated_acks.h"

#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace anabranch::cluster {

namespace {

using testing::IsEmpty;
using testing::SizeIs;

wire::Ack ack(const std::string& id, std::optional<Dot> dot = {}) {
  wire::Ack ack;
  ack.id = {id};
  ack.dot = dot;
  return ack;
}

std::vector<Notify> release(ReplicatedAcks& acks, const std::vector<crdt::VersionVector>& durable) {
  std::vector<const crdt::VersionVector*> vectors;
  for (const crdt::VersionVector& vector : durable) vectors.push_back(&vector);
  return acks.release(vectors);
}

TEST(ReplicatedAcks, AreLetOutWhenEnoughOthersHaveTheWrite) {
  ReplicatedAcks acks(2);
  acks.wait_for({{origin_a, 2}}, {7}, ack("1"));
  const auto has = vector_of({{origin_a, 2}});
  EXPECT_THAT(release(acks, {has}), IsEmpty());
  EXPECT_THAT(release(acks, {has, vector_of({{origin_a, 1}, {origin_b, 9}})}), IsEmpty());
  const auto released = release(acks, {has, {}, has});
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].session, SessionId{7});
  EXPECT_EQ(describe(released[0].event), "ack 1 applied v0 replicated");
  EXPECT_EQ(acks.waiting(), 0U);
}

TEST(ReplicatedAcks, ComeInTheOrderOfTheWritesOfAnOrigin) {
  ReplicatedAcks acks(1);
  acks.wait_for({{origin_a, 2}}, {7}, ack("2"));
  acks.wait_for({{origin_a, 1}}, {7}, ack("1"));
  acks.wait_for({{origin_a, 3}}, {7}, ack("3"));
  const auto released = release(acks, {vector_of({{origin_a, 2}})});
  ASSERT_THAT(released, SizeIs(2));
  EXPECT_EQ(std::get<wire::Ack>(released[0].event).id.json, "1");
  EXPECT_EQ(acks.waiting(), 1U);
}

TEST(ReplicatedAcks, OfOneOriginDoNotHoldUpThoseOfAnother) {
  ReplicatedAcks acks(1);
  acks.wait_for({{origin_a, 1}}, {7}, ack("a"));
  acks.wait_for({{origin_b, 1}}, {7}, ack("b"));
  acks.wait_for({{origin_b, 1}}, {8}, ack("b too"));
  EXPECT_THAT(release(acks, {vector_of({{origin_b, 1}})}), SizeIs(2));
  EXPECT_EQ(acks.waiting(), 1U);
}

TEST(ReplicatedAcks, AreNotKeptWhereNoneAreSent) {
  ReplicatedAcks acks(0);
  acks.wait_for({{origin_a, 1}}, {7}, ack("a"));
  EXPECT_EQ(acks.waiting(), 0U);
}

TEST(ReplicatedAcks, AreBounded) {
  ReplicatedAcks acks(1);
  for (std::uint64_t seq = 1; seq <= ReplicatedAcks::max_waiting + 5; ++seq) {
    acks.wait_for({{origin_a, seq}}, {7}, ack("a"));
  }
  EXPECT_EQ(acks.waiting(), ReplicatedAcks::max_waiting);
}

TEST(ReplicatedAcks, FollowAWriteToItsNewDot) {
  ReplicatedAcks acks(1);
  acks.wait_for({{origin_a, 1}}, {7}, ack("moved", Dot{origin_a, 1}));
  acks.wait_for({{origin_b, 4}}, {8}, ack("there"));
  acks.move({origin_a, 1}, Dot{origin_b, 4});
  EXPECT_EQ(acks.waiting(), 2U);
  EXPECT_THAT(release(acks, {vector_of({{origin_a, 1}})}), IsEmpty()) << "it does not stand there";
  const auto released = release(acks, {vector_of({{origin_b, 4}})});
  ASSERT_THAT(released, SizeIs(2));
  EXPECT_EQ(describe(released[0].event), "ack there applied v0 replicated");
  EXPECT_EQ(describe(released[1].event), "ack moved applied v0 B:4 replicated")
      << "the client is told where it stands";
  EXPECT_EQ(acks.waiting(), 0U);
}

TEST(ReplicatedAcks, OfAWriteThatStandsNowhereAreGivenUp) {
  ReplicatedAcks acks(1);
  acks.wait_for({{origin_a, 1}}, {7}, ack("1"));
  acks.wait_for({{origin_a, 1}}, {8}, ack("again"));
  acks.wait_for({{origin_a, 2}}, {7}, ack("2"));
  acks.move({origin_a, 1}, {});
  EXPECT_EQ(acks.waiting(), 1U);
  EXPECT_THAT(release(acks, {vector_of({{origin_a, 2}})}), SizeIs(1));
}

TEST(ReplicatedAcks, ThatWaitForSeveralDotsAreLetOutWithTheLastOfThem) {
  ReplicatedAcks acks(1);
  acks.wait_for({{origin_b, 4}, {origin_a, 1}}, {7}, ack("1"));
  EXPECT_THAT(release(acks, {vector_of({{origin_b, 4}})}), IsEmpty());
  EXPECT_THAT(release(acks, {vector_of({{origin_a, 1}})}), IsEmpty());
  EXPECT_EQ(acks.waiting(), 1U);
  EXPECT_THAT(release(acks, {vector_of({{origin_b, 4}})}), SizeIs(1));
  EXPECT_EQ(acks.waiting(), 0U);
  acks.wait_for({{origin_b, 4}, {origin_a, 2}}, {7}, ack("2"));
  EXPECT_THAT(release(acks, {vector_of({{origin_a, 2}, {origin_b, 4}})}), SizeIs(1)) << "at once";
}

TEST(ReplicatedAcks, AreGivenUpWhereOneOfTheirDotsIsNotCoveredAnyMore) {
  ReplicatedAcks acks(1);
  acks.wait_for({{origin_b, 4}, {origin_a, 1}}, {7}, ack("1"));
  acks.wait_for({{origin_a, 1}}, {8}, ack("2"));
  acks.keep_covered(vector_of({{origin_a, 1}, {origin_b, 3}}));
  EXPECT_EQ(acks.waiting(), 1U);
}

TEST(ReplicatedAcks, OfADotForWhichNoneWaitNothingMoves) {
  ReplicatedAcks acks(1);
  acks.wait_for({{origin_a, 2}}, {7}, ack("2"));
  acks.move({origin_a, 1}, Dot{origin_b, 1});
  acks.move({origin_a, 1}, {});
  EXPECT_EQ(acks.waiting(), 1U);
  EXPECT_THAT(release(acks, {vector_of({{origin_b, 1}})}), IsEmpty());
}

}  // namespace

}  // namespace anabranch::cluster
