#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Durable, then visible; and the order of what a session hears.

namespace anabranch::cluster {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ReplicaCommit, AWriteIsSeenByNobodyBeforeItIsOnDisk) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  EXPECT_THAT(node.effects(), ElementsAre("commit 1"));
  node.committed();
  EXPECT_THAT(node.effects(),
              ElementsAre("publish writes A:1", "deliver alice but 1: sync a=1 v1 A:1",
                          "answer 1: ack \"w\" applied v1 A:1"));
}

TEST(ReplicaCommit, WritesThatComeDuringACommitShareTheNextOne) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.write(1, request_of({set("b", "2")}));
  node.write(2, request_of({set("c", "3")}));
  EXPECT_THAT(node.effects(), ElementsAre("commit 1"));
  node.committed();
  EXPECT_THAT(node.effects(),
              ElementsAre("publish writes A:1", "deliver alice but 1: sync a=1 v1 A:1",
                          "answer 1: ack \"w\" applied v1 A:1", "commit 2"));
  EXPECT_EQ(node.last_batch().advanced, vector_of({{origin_a, 3}}));
  node.committed();
  EXPECT_THAT(
      node.effects(),
      ElementsAre("publish writes A:2 A:3", "deliver alice but 1: sync b=2 v2 A:2",
                  "answer 1: ack \"w\" applied v2 A:2", "deliver alice but 2: sync c=3 v3 A:3",
                  "answer 2: ack \"w\" applied v3 A:3"));
}

TEST(ReplicaCommit, ARequestWaitsForTheWritesThatItMayHaveSeen) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.ask_state(2);
  EXPECT_THAT(node.effects(), ElementsAre("commit 1"));
  node.committed();
  EXPECT_THAT(
      node.effects(),
      ElementsAre("publish writes A:1", "deliver alice but 1: sync a=1 v1 A:1",
                  "answer 1: ack \"w\" applied v1 A:1", R"(answer 2: full {"a":1} v1 {A:1})"));
}

TEST(ReplicaCommit, WhatNeedsNoDiskIsAnsweredAtOnce) {
  ReplicaDriver node;
  node.warm();
  node.ask_state(1);
  EXPECT_THAT(node.effects(), ElementsAre("answer 1: full {} v0 {}"));
}

TEST(ReplicaCommit, TheBatchHoldsRecordsTotalsDigestAndVector) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.effects();
  const wire::StoreBatch& batch = node.last_batch();
  ASSERT_EQ(batch.records.size(), 1U);
  EXPECT_EQ(batch.records[0].kind, wire::RecordChange::Kind::put);
  EXPECT_EQ(batch.records[0].record.dot, (Dot{origin_a, 1}));
  EXPECT_EQ(batch.advanced, vector_of({{origin_a, 1}}));
  EXPECT_EQ(batch.totals.users, 1U);
  EXPECT_EQ(batch.totals.values, 1U);
  EXPECT_EQ(batch.digests.size(), 1U);
  EXPECT_FALSE(batch.replica);
}

TEST(ReplicaCommit, InputsOfAUserWaitForTheDocumentInTheirOrder) {
  ReplicaDriver node;
  node.write(1, request_of({set("a", "1")}), "first");
  node.ask_state(1);
  node.run(ClientAnswer{{1}, "alice", wire::ErrorEvent{wire::ErrorCode::invalid_json, "", {}, {}}});
  node.write(1, request_of({set("a", "2")}), "last");
  EXPECT_THAT(node.effects(), ElementsAre("load alice"));
  node.load();
  node.settle();
  EXPECT_THAT(
      node.effects(),
      ElementsAre("commit 1", "publish writes A:1 A:2", "deliver alice but 1: sync a=1 v1 A:1",
                  "answer 1: ack \"first\" applied v1 A:1", R"(answer 1: full {"a":1} v1 {A:1})",
                  "answer 1: error invalid_json", "deliver alice but 1: sync a=2 v2 A:2",
                  "answer 1: ack \"last\" applied v2 A:2"));
}

TEST(ReplicaCommit, AnAnswerFoundOutsideKeepsItsPlaceBehindAWrite) {
  ReplicaDriver node;
  node.warm();
  node.write(1, request_of({set("a", "1")}));
  node.run(ClientAnswer{{1}, "alice", wire::ErrorEvent{wire::ErrorCode::invalid_json, "", {}, {}}});
  node.effects();
  node.committed();
  EXPECT_THAT(node.effects(),
              ElementsAre("publish writes A:1", "deliver alice but 1: sync a=1 v1 A:1",
                          "answer 1: ack \"w\" applied v1 A:1", "answer 1: error invalid_json"));
}

TEST(ReplicaCommit, AUserWhoseRecordsCannotBeReadIsToldSoInOrder) {
  ReplicaDriver node;
  node.write(1, request_of({set("a", "1")}));
  node.ask_state(1);
  node.run(StateRead{7, "alice", {}});
  node.effects();
  node.run(UserLoaded{"alice", fail(Errc::corrupt, "checksum")});
  EXPECT_THAT(node.effects(), ElementsAre("answer 1: error unavailable \"w\"",
                                          "answer 1: error unavailable", "state 7: error"));
}

TEST(ReplicaCommit, AUserWhoseRecordsCouldNotBeReadIsTriedAgain) {
  ReplicaDriver node;
  node.ask_state(1);
  node.run(UserLoaded{"alice", fail(Errc::io, "disk")});
  node.effects();
  node.ask_state(1);
  EXPECT_THAT(node.effects(), ElementsAre("load alice"));
}

TEST(ReplicaCommit, AnOperatorReadsTheStateOrAPartOfIt) {
  ReplicaDriver node;
  node.warm({{path("a"), record_of({origin_b, 1}, set("a", R"({"b":2})"))}});
  node.run(StateRead{1, "alice", {}});
  node.run(StateRead{2, "alice", path("a.b")});
  node.run(StateRead{3, "alice", path("c")});
  EXPECT_THAT(node.effects(),
              ElementsAre(R"(state 1: {"a":{"b":2}})", "state 2: 2", "state 3: nothing"));
}

TEST(ReplicaCommit, AWriteWithoutAnIdIsAnsweredByNothingButCountsAsAnswered) {
  ReplicaDriver node;
  node.warm();
  node.run(ClientWrite{{1}, "alice", request_of({set("a", "1")})});
  node.settle();
  EXPECT_THAT(node.effects(), ElementsAre("commit 1", "publish writes A:1",
                                          "deliver alice but 1: sync a=1 v1 A:1", "answer 1: "));
}

TEST(ReplicaCommit, ADocumentThatLeftMemoryIsReadAgain) {
  ReplicaOptions options;
  options.document_cache_bytes = 1;
  ReplicaDriver node(options);
  node.write(1, request_of({set("a", "1")}));
  node.load();
  node.settle();
  node.effects();
  node.run(StateRead{1, "bob", {}});
  node.load({}, "bob");
  node.effects();
  node.ask_state(1);
  EXPECT_THAT(node.effects(), ElementsAre("load alice"));
  node.load({{path("a"), record_of({origin_a, 1}, set("a", "1"))}});
  EXPECT_THAT(node.effects(), ElementsAre(R"(answer 1: full {"a":1} v1 {A:1})"));
}

TEST(ReplicaCommit, ADocumentWithChangesThatAreNotOnDiskStaysInMemory) {
  ReplicaOptions options;
  options.document_cache_bytes = 1;
  ReplicaDriver node(options);
  node.write(1, request_of({set("a", "1")}));
  node.load();
  node.run(StateRead{1, "bob", {}});
  node.load({}, "bob");
  node.effects();
  node.write(1, request_of({set("b", "2")}));
  EXPECT_THAT(node.effects(), IsEmpty()) << "it must not be read from a disk that is behind";
}

}  // namespace

}  // namespace anabranch::cluster
