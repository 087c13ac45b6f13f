#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

// What is measured, traced and said; nothing of it decides anything.

namespace anabranch::cluster {

namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

const std::string trace_id = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0";

wire::Traceparent traced(bool sampled = true) {
  return *wire::Traceparent::parse(trace_id + (sampled ? "1" : "0"));
}

class ReplicaObservation : public testing::Test {
 protected:
  ReplicaObservation() {
    node.warm();
    node.hear_all();
    node.notes();
  }

  /// The peer answers a hello `round_trip_ms` after it was sent; its clock is off by `offset_ms`.
  void answer_hello(std::int64_t offset_ms, std::int64_t round_trip_ms = 0,
                    const std::string& peer = "b") {
    wire::Welcome welcome;
    welcome.report.replica = peer == "b" ? origin_b : origin_c;
    welcome.report.standing.admitted = true;
    welcome.report.wall_ms = node.now().wall_ms + offset_ms - round_trip_ms / 2;
    welcome.hello_sent_ms = node.now().wall_ms - round_trip_ms;
    node.receive(peer, std::move(welcome));
  }

  /// b's writes from `first` to `last`, durable there at `committed_ms` by b's clock.
  wire::PublishedWrites published(std::uint64_t first, std::uint64_t last,
                                  std::optional<std::int64_t> committed_ms) {
    wire::PublishedWrites message;
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      message.writes.push_back(
          write_of({origin_b, seq}, {set("b" + std::to_string(seq), "1")}, seq));
    }
    message.committed_ms = committed_ms;
    return message;
  }

  DurationCounts lag() { return node.replica().status(node.now()).peers.at(0).replication_lag; }
  std::uint64_t measured() {
    const auto buckets = lag().buckets;
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
  }

  ReplicaDriver node{with_peers()};
};

TEST_F(ReplicaObservation, LagIsCountedOnceAWriteIsDurableHere) {
  answer_hello(0);
  const std::int64_t committed = node.now().wall_ms;
  node.pass(30);
  node.receive("b", published(1, 3, committed));
  EXPECT_EQ(measured(), 0U);
  node.pass(20);
  node.settle();
  EXPECT_EQ(lag().buckets[DurationCounts::bucket_of(50'000'000)], 3U);
  EXPECT_EQ(lag().sum_ns, 150'000'000U);
}

TEST_F(ReplicaObservation, LagGoesByThePeersClock) {
  answer_hello(2'000'000);
  const std::int64_t committed_there = node.now().wall_ms + 2'000'000;
  node.pass(7);
  node.receive("b", published(1, 1, committed_there));
  node.settle();
  EXPECT_EQ(lag().sum_ns, 7'000'000U);
}

TEST_F(ReplicaObservation, LagIsNeverNegative) {
  answer_hello(0);
  node.receive("b", published(1, 1, node.now().wall_ms + 500));
  node.settle();
  EXPECT_EQ(measured(), 1U);
  EXPECT_EQ(lag().sum_ns, 0U);
}

TEST_F(ReplicaObservation, NoLagIsToldWhereTheClocksAreNotCompared) {
  node.receive("b", published(1, 1, node.now().wall_ms));
  node.settle();
  EXPECT_EQ(measured(), 0U);
}

TEST_F(ReplicaObservation, AnOlderNodesWritesAreTakenAndNotMeasured) {
  answer_hello(0);
  node.receive("b", published(1, 1, {}));
  node.settle();
  EXPECT_EQ(measured(), 0U);
  EXPECT_THAT(node.effects(), Contains("deliver alice: sync b1=1 v1 B:1"));
}

TEST_F(ReplicaObservation, APulledWriteIsNotMeasured) {
  answer_hello(0);
  node.hear("c", origin_c, vector_of({{origin_c, 1}}));
  node.piece("c", 0, {write_of({origin_c, 1}, {set("c", "1")})}, vector_of({{origin_c, 1}}));
  node.settle();
  EXPECT_EQ(node.replica().status(node.now()).vector[origin_c], 1U);
  EXPECT_EQ(measured(), 0U);
}

TEST_F(ReplicaObservation, APublicationTellsWhenItsWritesWereDurable) {
  node.write(1, request_of({set("a", "1")}));
  node.pass(40);
  node.settle();
  node.effects();
  EXPECT_EQ(node.last_publication().committed_ms, node.now().wall_ms);
  EXPECT_THAT(node.last_publication().traces, IsEmpty());
}

TEST_F(ReplicaObservation, ATracedWriteIsFollowedAtItsNode) {
  wire::WriteRequest request = request_of({set("a", "1")});
  request.traceparent = traced();
  node.write(7, std::move(request));
  EXPECT_THAT(node.notes(), ElementsAre("info update accepted #7 alice traceparent=" + trace_id +
                                        "1 dot=000000000000000a:1 applied=true"));
  node.settle();
  EXPECT_THAT(node.notes(), ElementsAre("info update durable #7 alice traceparent=" + trace_id +
                                            "1 dot=000000000000000a:1 applied=true",
                                        "info update published alice traceparent=" + trace_id +
                                            "1 dot=000000000000000a:1"));
  node.effects();
  const std::map<std::uint64_t, wire::Traceparent> traces{{1, traced()}};
  EXPECT_EQ(node.last_publication().traces, traces);
}

TEST_F(ReplicaObservation, ATracedWriteThatWasNotSampledIsForDebugging) {
  wire::WriteRequest request = request_of({set("a", "1")});
  request.traceparent = traced(false);
  node.write(7, std::move(request));
  node.settle();
  EXPECT_THAT(node.notes(), Each(HasSubstr("debug update")));
}

TEST_F(ReplicaObservation, OnlyTracedWritesAreFollowed) {
  node.write(1, request_of({set("a", "1")}));
  node.settle();
  EXPECT_THAT(node.notes(), IsEmpty());
}

TEST_F(ReplicaObservation, AFailedCommitIsNotCalledDurable) {
  wire::WriteRequest request = request_of({set("a", "1")});
  request.traceparent = traced();
  node.write(1, std::move(request));
  node.notes();
  node.committed(false);
  EXPECT_THAT(node.notes(), Not(Contains(HasSubstr("update durable"))));
}

TEST_F(ReplicaObservation, ATracedWriteIsFollowedAtAnotherNode) {
  wire::PublishedWrites message = published(1, 2, node.now().wall_ms);
  message.traces[2] = traced();
  node.receive("b", std::move(message));
  EXPECT_THAT(node.notes(), IsEmpty());
  node.settle();
  EXPECT_THAT(node.notes(), ElementsAre("info update applied alice traceparent=" + trace_id +
                                        "1 dot=000000000000000b:2 peer=b"));
  std::vector<std::string> traces;
  for (const Deliver& deliver : node.deliveries()) {
    traces.emplace_back(deliver.traceparent.text());
    const auto& sync = std::get<wire::Sync>(deliver.events.front());
    EXPECT_EQ(sync.traceparent, deliver.traceparent);
  }
  EXPECT_THAT(traces, ElementsAre("", trace_id + "1"));
}

TEST_F(ReplicaObservation, WhenAFrameWasReadGoesWithItsAckAndItsEvent) {
  ClientWrite write{{1}, "alice", request_of({set("a", "1")}), 12345};
  write.request.id = wire::RequestId{"1"};
  node.run(std::move(write));
  node.settle();
  ASSERT_EQ(node.deliveries().size(), 1U);
  EXPECT_EQ(node.deliveries()[0].read_ns, 12345);
  ASSERT_EQ(node.answers().size(), 1U);
  EXPECT_EQ(node.answers()[0].read_ns, 12345);
}

TEST_F(ReplicaObservation, AClockThatIsFarOffIsToldOfOnceAndOnceWhenItIsOver) {
  answer_hello(4900);
  EXPECT_THAT(node.notes(), IsEmpty());
  answer_hello(-5100);
  EXPECT_THAT(node.notes(), ElementsAre(HasSubstr("warning peer's clock is far off")));
  EXPECT_TRUE(node.replica().status(node.now()).peers.at(0).clock_warning);
  answer_hello(-5200);
  answer_hello(4900);
  answer_hello(4100);
  EXPECT_THAT(node.notes(), IsEmpty()) << "while it wavers about the bound";
  answer_hello(3900);
  EXPECT_THAT(node.notes(), ElementsAre(HasSubstr("info peer's clock is right again")));
  EXPECT_FALSE(node.replica().status(node.now()).peers.at(0).clock_warning);
}

TEST_F(ReplicaObservation, ASlowAnswerTellsNothingOfTheClock) {
  answer_hello(-10'000, 20'000);
  EXPECT_THAT(node.notes(), IsEmpty());
}

TEST_F(ReplicaObservation, WhatBecomesOfPeersIsTold) {
  node.pass(heartbeat_limit_ms);
  node.tick();
  EXPECT_THAT(node.notes(),
              IsSupersetOf({"warning peer is silent peer=b", "warning peer is silent peer=c"}));
  node.hear("b", origin_b, {});
  EXPECT_THAT(node.notes(), ElementsAre("info peer is heard again peer=b "
                                        "replica_id=000000000000000b"));
}

TEST_F(ReplicaObservation, AGapAndItsPullAreTold) {
  answer_hello(0);
  node.receive("b", published(2, 3, node.now().wall_ms));
  EXPECT_THAT(node.notes(), ElementsAre("info publications lost peer=b origin=000000000000000b "
                                        "known_seq=0 told_seq=3",
                                        "info pull started peer=b"));
  node.pass(250);
  node.piece("b", 0, {write_of({origin_b, 1}, {set("x", "1"), set("y", "2")})},
             vector_of({{origin_b, 1}}));
  const auto notes = node.notes();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_THAT(notes[0], HasSubstr("info pull finished peer=b records=2 bytes="));
  EXPECT_THAT(notes[0], HasSubstr(" seconds=0.25"));
}

}  // namespace

}  // namespace anabranch::cluster
