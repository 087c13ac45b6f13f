// Origins whose disks are gone and whose writes are all replaced: cursors leave them out.

#include "cluster/anti_entropy.h"
#include "cluster/replica.h"
#include "tests/cluster/replica_driver.h"
#include "tests/cluster/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anabranch::cluster {

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr ReplicaId gone{0xD};

ReplicaOptions with_scrubs() {
  ReplicaOptions options = with_peers();
  options.scrub_interval_ms = 10'000;
  return options;
}

class ReplicaRetirement : public ::testing::Test {
 protected:
  explicit ReplicaRetirement(crdt::VersionVector beyond = {})
      : node(with_scrubs(), on_disk(std::move(beyond))) {
    node.warm({{path("a"), record_of({origin_b, 2}, set("a", "1"), 3)}});
    hear_both(known);
    node.tick();  // caught up: a scrub begins
  }

  static wire::StoreState on_disk(crdt::VersionVector beyond) {
    wire::StoreState state =
        state_of(origin_a, vector_of({{origin_a, 1}, {origin_b, 2}, {gone, 7}}));
    state.beyond = std::move(beyond);
    return state;
  }

  void hear_both(const crdt::VersionVector& vector) {
    node.hear("b", origin_b, vector);
    node.hear("c", origin_c, vector);
  }
  /// The scrub ends: the disk's records name these at most.
  void scrubbed(const crdt::VersionVector& ends) {
    Scrubbed done;
    done.findings.log_ends = ends;
    node.run(std::move(done));
    node.tick();
  }
  std::size_t retired() { return node.replica().status(node.now()).origins_retired; }
  std::string answer() {
    node.effects();
    node.ask_state(1);
    node.settle();
    return node.effects().front();
  }

  const crdt::VersionVector known = vector_of({{origin_a, 1}, {origin_b, 2}, {gone, 7}});
  ReplicaDriver node;
};

TEST_F(ReplicaRetirement, CursorsLeaveOutAnOriginThatNoRecordNames) {
  scrubbed(vector_of({{origin_b, 2}}));
  EXPECT_EQ(retired(), 1U) << "but for those that the members run";
  EXPECT_THAT(answer(), HasSubstr("{A:1 B:2}"));
  EXPECT_EQ(node.replica().status(node.now()).vector, known) << "between nodes it stays";
}

TEST_F(ReplicaRetirement, OneThatARecordNamesIsNot) {
  scrubbed(vector_of({{origin_b, 2}, {gone, 3}}));
  EXPECT_EQ(retired(), 0U);
  EXPECT_THAT(answer(), HasSubstr("D:7"));
}

TEST_F(ReplicaRetirement, EachMemberHasToKnowWhatReplacedItsWrites) {
  node.publish("b", {write_of({origin_b, 3}, {set("d", "1")}, 4)});
  node.settle();
  scrubbed(vector_of({{origin_b, 3}}));
  EXPECT_EQ(retired(), 0U) << "B:3 may have replaced one of its records just now";
  hear_both(vector_of({{origin_a, 1}, {origin_b, 3}, {gone, 7}}));
  node.tick();  // ends the round that began with what they knew before
  hear_both(vector_of({{origin_a, 1}, {origin_b, 3}, {gone, 7}}));
  node.tick();
  EXPECT_EQ(retired(), 1U);
}

TEST_F(ReplicaRetirement, WhatWasTakenInBeyondTheVectorMeanwhileMayNameIt) {
  hear_both(vector_of({{origin_a, 1}, {origin_b, 2}, {gone, 9}}));
  node.pass(AntiEntropy::grace_ms);
  node.tick();
  ASSERT_THAT(node.effects(), Contains(HasSubstr("ask b: pull")));
  node.piece("b", 0, {write_of({gone, 9}, {set("d", "1")}, 4)},
             vector_of({{origin_a, 1}, {origin_b, 2}, {gone, 9}}));
  node.settle();
  hear_both(vector_of({{origin_a, 1}, {origin_b, 2}, {gone, 9}}));
  scrubbed(vector_of({{origin_b, 2}}));
  EXPECT_EQ(retired(), 0U);
}

TEST_F(ReplicaRetirement, ARepairMayBringRecordsOfItBack) {
  node.hear_digest("b", origin_b, "another");
  node.hear_digest("c", origin_c, "another");
  node.tick();
  node.piece("b", 0, {write_of({gone, 3}, {set("d", "1")}, 4)}, known);
  node.settle();
  scrubbed(vector_of({{origin_b, 2}}));
  EXPECT_EQ(retired(), 0U) << "they were not there when the log was read";
}

class ReplicaRetirementBeyond : public ReplicaRetirement {
 protected:
  ReplicaRetirementBeyond() : ReplicaRetirement(vector_of({{origin_c, 4}})) {}
};

TEST_F(ReplicaRetirementBeyond, WhatIsHeldBeyondTheVectorMayHaveReplacedItsWrites) {
  scrubbed(vector_of({{origin_b, 2}, {origin_c, 4}}));
  EXPECT_EQ(retired(), 0U) << "no member can be known to have it";
}

}  // namespace

}  // namespace anabranch::cluster
