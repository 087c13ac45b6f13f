#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Acks, corrections and limits, as the client protocol has them.

namespace anabranch::cluster {

namespace {

using testing::ElementsAre;

/// Writes, and returns what the writer and the others are told.
std::vector<std::string> told(ReplicaDriver& node, wire::WriteRequest request,
                              std::uint64_t session = 1) {
  node.write(session, std::move(request));
  node.settle();
  std::vector<std::string> lines = node.effects();
  std::erase_if(lines, [](const std::string& line) {
    return line.starts_with("commit") || line.starts_with("publish");
  });
  return lines;
}

TEST(ReplicaClients, AWriteThatLostIsAckedSoAndTheWinnerFollows) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a", "1")}, 5));
  EXPECT_THAT(told(node, request_of({set("a", "2")}, 3), 2),
              ElementsAre("answer 2: ack \"w\" lost v3; sync a=1 v5 A:1"));
}

TEST(ReplicaClients, AWinnerAboveIsSentUnderItsOwnPathWithWhatStandsBelowIt) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a", "{}")}, 5));
  told(node, request_of({set("a.x", "1")}, 6));
  EXPECT_THAT(told(node, request_of({set("a.b", "2")}, 3), 2),
              ElementsAre("answer 2: ack \"w\" lost v3; sync a={} v5 A:1; sync a.x=1 v6 A:2"));
}

TEST(ReplicaClients, DescendantsThatStandFollowAWinnerToEveryoneTheWriterToo) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a.b", "1")}, 9));
  EXPECT_THAT(told(node, request_of({set("a", "{}")}, 4), 2),
              ElementsAre("deliver alice but 2: sync a={} v4 A:2; sync a.b=1 v9 A:1",
                          "answer 2: ack \"w\" applied v4 A:2; sync a.b=1 v9 A:1"));
}

TEST(ReplicaClients, TheSameWriteSentAgainIsAckedWithTheStandingDotAndReachesNobody) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a", "1")}, 2, 500));
  EXPECT_THAT(told(node, request_of({set("a", "1")}, 2, 500), 2),
              ElementsAre("answer 2: ack \"w\" applied v2 A:1"));
}

TEST(ReplicaClients, WhatStandsBelowARepeatedWriteFollowsItsAck) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a", "{}")}, 2, 500));
  told(node, request_of({set("a.b", "1")}, 3));
  EXPECT_THAT(told(node, request_of({set("a", "{}")}, 2, 500), 2),
              ElementsAre("answer 2: ack \"w\" applied v2 A:1; sync a.b=1 v3 A:2"));
}

TEST(ReplicaClients, ABatchIsOneEventAndItsLostPartsAreCorrected) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("b", "9")}, 9));
  EXPECT_THAT(told(node, request_of({set("a", "1"), set("b", "2"), set("c", "3")}, 4), 2),
              ElementsAre("deliver alice but 2: batch a=1 c=3 v4 A:2",
                          "answer 2: ack \"w\" lost v4 A:2; sync b=9 v9 A:1"));
}

TEST(ReplicaClients, ABatchOfOnePathIsDeliveredAsABatch) {
  ReplicaDriver node;
  node.warm();
  wire::WriteRequest request = request_of({set("a", "1")});
  request.is_batch = true;
  EXPECT_THAT(told(node, std::move(request)), ElementsAre("deliver alice but 1: batch a=1 v1 A:1",
                                                          "answer 1: ack \"w\" applied v1 A:1"));
}

TEST(ReplicaClients, OfAParentAndAChildInOneBatchTheChildStandsOnTop) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a", R"({"b":1})"), set("a.b", "2")}));
  node.ask_state(3);
  EXPECT_THAT(node.effects(), ElementsAre(R"(answer 3: full {"a":{"b":2}} v1 {A:1})"));
}

TEST(ReplicaClients, EachRefusalNamesItsFrame) {
  ReplicaDriver node;
  node.warm();
  EXPECT_THAT(told(node, request_of({set("a", "1")}, (1U << 20) + 1)),
              ElementsAre("answer 1: error version_ahead \"w\""));
  EXPECT_EQ(node.replica().status(node.now()).counters.updates_rejected, 1U);
}

TEST(ReplicaClients, PastTheRateAUserWaits) {
  ReplicaOptions options;
  options.updates_per_minute = 60;
  options.update_burst = 2;
  ReplicaDriver node(options);
  node.warm();
  told(node, request_of({set("a", "1")}), 1);
  told(node, request_of({set("a", "2")}), 2);
  EXPECT_THAT(told(node, request_of({set("a", "3")}), 3),
              ElementsAre("answer 3: error rate_limited \"w\""));
  node.pass(1000);
  EXPECT_THAT(
      told(node, request_of({set("a", "4")}), 3),
      ElementsAre("deliver alice but 3: sync a=4 v3 A:3", "answer 3: ack \"w\" applied v3 A:3"));
}

TEST(ReplicaClients, RefusedWritesCostNoRate) {
  ReplicaOptions options;
  options.updates_per_minute = 60;
  options.update_burst = 1;
  ReplicaDriver node(options);
  node.warm();
  told(node, request_of({set("a", "1")}, (1U << 20) + 1));
  EXPECT_THAT(
      told(node, request_of({set("a", "1")})),
      ElementsAre("deliver alice but 1: sync a=1 v1 A:1", "answer 1: ack \"w\" applied v1 A:1"));
}

TEST(ReplicaClients, ACursorGetsExactlyWhatItMisses) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a", "1")}));
  told(node, request_of({set("b", "2")}));
  node.ask_state(3, vector_of({{origin_a, 1}}));
  node.ask_state(3, vector_of({{origin_a, 1}}), {{origin_a, 2}});
  EXPECT_THAT(node.effects(),
              ElementsAre("answer 3: delta b=2 v2 {A:2}", "answer 3: delta v2 {A:2}"));
}

TEST(ReplicaClients, ACursorThatKnowsMoreGetsAnAnswerThatSaysBehind) {
  ReplicaDriver node;
  node.warm();
  node.ask_state(3, vector_of({{origin_c, 1}}));
  EXPECT_THAT(node.effects(), ElementsAre("answer 3: delta v0 {} behind"));
}

// ---- the second ack

ReplicaOptions with_copies(std::size_t copies) {
  ReplicaOptions options = with_peers();
  options.acks = copies;
  return options;
}

TEST(ReplicaClients, TheReplicatedAckFollowsOnceEnoughPeersHaveTheWrite) {
  ReplicaDriver node(with_copies(2));
  node.warm();
  node.hear_all();
  told(node, request_of({set("a", "1")}));
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 1}})});
  EXPECT_THAT(node.effects(), ElementsAre());
  node.receive("c", wire::Progress{origin_c, vector_of({{origin_a, 1}})});
  EXPECT_THAT(node.effects(), ElementsAre("notify 1: ack \"w\" applied v1 A:1 replicated"));
  node.receive("c", wire::Progress{origin_c, vector_of({{origin_a, 1}})});
  EXPECT_THAT(node.effects(), ElementsAre());
}

TEST(ReplicaClients, ThePeersWordAloneMakesNoReplicatedAckBeforeTheLocalOne) {
  ReplicaDriver node(with_copies(1));
  node.warm();
  node.hear_all();
  node.write(1, request_of({set("a", "1")}));
  node.effects();
  // A pull may have read the write from the disk before this node was told that it is there.
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 1}})});
  EXPECT_THAT(node.effects(), ElementsAre());
  node.committed();
  node.effects();
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 1}})});
  EXPECT_THAT(node.effects(), ElementsAre("notify 1: ack \"w\" applied v1 A:1 replicated"));
}

TEST(ReplicaClients, AWriteThatLostIsReplicatedWhenItsWinnerIs) {
  ReplicaDriver node(with_copies(1));
  node.warm({{path("a"), record_of({origin_c, 4}, set("a", "1"), 9)}});
  told(node, request_of({set("a", "2")}, 3));
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_c, 4}})});
  EXPECT_THAT(node.effects(), ElementsAre("notify 1: ack \"w\" lost v3 replicated"));
}

TEST(ReplicaClients, ABatchThatLostInPartIsReplicatedWhenTheWinnerIsToo) {
  ReplicaDriver node(with_copies(1));
  node.warm({{path("a"), record_of({origin_c, 4}, set("a", "1"), 9)}});
  node.hear_all();
  told(node, request_of({set("a", "2"), set("b", "2")}, 3));
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 1}})});
  EXPECT_THAT(node.effects(), ElementsAre()) << "of a neither the batch's value nor the winner";
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_a, 1}, {origin_c, 4}})});
  EXPECT_THAT(node.effects(), ElementsAre("notify 1: ack \"w\" lost v3 A:1 replicated"));
}

TEST(ReplicaClients, ABatchThatStandsInPartsIsReplicatedWhenAllOfThemAre) {
  ReplicaDriver node(with_copies(1));
  node.warm({{path("a"), record_of({origin_b, 2}, set("a", "2"), 3, 1'000'000, "tab")},
             {path("b"), record_of({origin_c, 4}, set("b", "2"), 3, 1'000'000, "tab")}});
  node.hear_all();
  told(node, request_of({set("a", "2"), set("b", "2")}, 3, 1'000'000));
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_b, 2}})});
  EXPECT_THAT(node.effects(), ElementsAre());
  node.receive("b", wire::Progress{origin_b, vector_of({{origin_b, 2}, {origin_c, 4}})});
  EXPECT_THAT(node.effects(), ElementsAre(testing::HasSubstr("replicated")));
}

TEST(ReplicaClients, AcceptedStaleAndRejectedWritesAreCounted) {
  ReplicaDriver node;
  node.warm();
  told(node, request_of({set("a", "1")}, 5));
  told(node, request_of({set("a", "2")}, 3));
  node.run(ClientAnswer{
      {1}, "alice", wire::ErrorEvent{wire::ErrorCode::invalid_path, "", {}, {}, true}});
  const Counters counters = node.replica().status(node.now()).counters;
  EXPECT_EQ(counters.updates_accepted, 1U);
  EXPECT_EQ(counters.updates_stale, 1U);
  EXPECT_EQ(counters.updates_rejected, 1U);
}

}  // namespace

}  // namespace anabranch::cluster
