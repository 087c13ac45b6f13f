#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

// Requests that are answered from the store, without a document.

namespace anabranch::cluster {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ClientRequest request_with(std::optional<crdt::VersionVector> cursor = {}) {
  ClientRequest request;
  request.user = "alice";
  if (cursor) request.cursor = wire::Cursor{*std::move(cursor)};
  return request;
}

StoredState full_state() {
  StoredState state;
  state.version = 3;
  state.full = R"({"a":1})";
  return state;
}

TEST(ReplicaStoredState, AnswersARequestAndKeepsNoDocument) {
  ReplicaDriver node;
  node.ask_state(1);
  EXPECT_THAT(node.effects(), ElementsAre("load alice"));
  node.run(StateLoaded{"alice", request_with(), full_state()});
  EXPECT_THAT(node.effects(), ElementsAre(R"(answer 1: full {"a":1} v3 {})"));
  node.ask_state(1);
  EXPECT_THAT(node.effects(), ElementsAre("load alice"));
}

TEST(ReplicaStoredState, AnswersAllThatAskTheSame) {
  ReplicaDriver node;
  node.ask_state(1);
  node.run(ClientAnswer{{1}, "alice", wire::ErrorEvent{wire::ErrorCode::invalid_json, "", {}, {}}});
  node.ask_state(2);
  node.ask_state(3, crdt::VersionVector());
  node.effects();
  node.run(StateLoaded{"alice", request_with(), full_state()});
  EXPECT_THAT(node.effects(),
              ElementsAre("load alice", R"(answer 1: full {"a":1} v3 {})",
                          "answer 1: error invalid_json", R"(answer 2: full {"a":1} v3 {})"));
  node.run(StateLoaded{"alice", request_with(crdt::VersionVector()), StoredState()});
  EXPECT_THAT(node.effects(), ElementsAre("answer 3: delta v0 {}"));
}

TEST(ReplicaStoredState, HasTheDocumentLoadedForAWriteBehindTheRequest) {
  ReplicaDriver node;
  node.ask_state(1);
  node.write(1, request_of({set("b", "2")}));
  node.ask_state(1);
  node.effects();
  node.run(StateLoaded{"alice", request_with(), full_state()});
  EXPECT_THAT(node.effects(), ElementsAre("load alice", R"(answer 1: full {"a":1} v3 {})"));
  node.load({{path("a"), record_of({origin_b, 1}, set("a", "1"), 3)}});
  node.settle();
  EXPECT_THAT(node.effects(),
              ElementsAre("commit 1", "publish writes A:1", "deliver alice but 1: sync b=2 v4 A:1",
                          "answer 1: ack \"w\" applied v4 A:1",
                          R"(answer 1: full {"a":1,"b":2} v4 {A:1})"));
}

TEST(ReplicaStoredState, HasTheDocumentLoadedForAPeersWrite) {
  ReplicaDriver node(with_peers());
  node.hear("b", origin_b, {});
  node.effects();
  node.ask_state(1);
  node.publish("b", {write_of({origin_b, 1}, {set("b", "2")})});
  EXPECT_THAT(node.effects(), ElementsAre("load alice"));
  node.run(StateLoaded{"alice", request_with(), StoredState{0, {}, "{}", {}}});
  EXPECT_THAT(node.effects(), ElementsAre("load alice", "answer 1: full {} v0 {}"));
  node.load();
  node.settle();
  EXPECT_THAT(node.effects(), ElementsAre("commit 1", "deliver alice: sync b=2 v1 B:1"));
}

TEST(ReplicaStoredState, TellsWhoeverWaitsThatTheRecordsCannotBeRead) {
  ReplicaDriver node;
  node.ask_state(1);
  node.write(1, request_of({set("a", "1")}));
  node.effects();
  node.run(StateLoaded{"alice", request_with(), fail(Errc::corrupt, "checksum")});
  EXPECT_THAT(node.effects(),
              ElementsAre("answer 1: error unavailable", "answer 1: error unavailable \"w\""));
}

}  // namespace

}  // namespace anabranch::cluster
