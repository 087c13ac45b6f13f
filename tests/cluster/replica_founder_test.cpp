// Who is the first, where nobody is admitted.

#include "cluster/replica.h"
#include "tests/cluster/replica_driver.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {
namespace {

class ReplicaFounder : public ::testing::Test {
 protected:
  struct Heard {
    crdt::VersionVector vector = {};
    crdt::VersionVector collected = {};
    bool admitted = false;
    std::uint64_t epoch = 1;
  };

  /// Whether one of this name is admitted when it has heard these.
  static bool founds(const std::string& name, wire::StoreState state,
                     std::vector<std::pair<std::string, Heard>> others) {
    ReplicaOptions options = with_peers();
    options.name = name;
    options.others = {{"b", "west"}, {"d", "east"}};
    ReplicaDriver node(options, std::move(state));
    for (auto& [other, heard] : others) {
      wire::NodeReport report = node.report(other == "b" ? origin_b : ReplicaId{0xD}, heard.vector);
      report.standing = {heard.admitted, heard.collected};
      report.epoch = heard.epoch;
      report.digest = "another";
      node.receive(other, wire::Heartbeat{report});
    }
    node.tick();
    node.settle();
    return ReplicaFounder::is_admitted(node);
  }
  static bool is_admitted(ReplicaDriver& node) { return admitted(node); }
};

TEST_F(ReplicaFounder, IsTheLeastByName) {
  EXPECT_TRUE(founds("a", unadmitted(), {{"b", {}}, {"d", {}}}));
  EXPECT_FALSE(founds("c", unadmitted(), {{"b", {}}, {"d", {}}}));
}

TEST_F(ReplicaFounder, IsNobodyBeforeAllHaveBeenHeard) {
  EXPECT_FALSE(founds("a", unadmitted(), {}));
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}}));
}

TEST_F(ReplicaFounder, IsNobodyWhereOneIsAdmittedOrOfAnotherEpoch) {
  Heard is_admitted;
  is_admitted.admitted = true;
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}, {"d", is_admitted}}));
  Heard elsewhere;
  elsewhere.epoch = 2;
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}, {"d", elsewhere}}));
}

TEST_F(ReplicaFounder, IsTheLeastOfThoseWhoKnowOfAllThatWasCollected) {
  const auto some = vector_of({{origin_c, 4}});
  const Heard collector{some, some};
  EXPECT_FALSE(founds("a", unadmitted(), {{"b", {}}, {"d", collector}}));
  EXPECT_TRUE(founds("a", unadmitted(some), {{"b", {}}, {"d", collector}}));
  EXPECT_TRUE(founds("c", unadmitted(some), {{"b", {}}, {"d", collector}}))
      << "b comes first by name, and knows too little";
  EXPECT_FALSE(founds("e", unadmitted(some), {{"b", {}}, {"d", collector}}));
  EXPECT_TRUE(founds("c", unadmitted(some, some), {{"b", {}}, {"d", {}}}))
      << "what it collected itself counts too";
}

TEST_F(ReplicaFounder, IsTheLeastOfAllWhereNobodyKnowsEverything) {
  const auto c4 = vector_of({{origin_c, 4}});
  const auto b7 = vector_of({{origin_b, 7}});
  EXPECT_TRUE(founds("a", unadmitted(), {{"b", {c4, c4}}, {"d", {b7, b7}}}));
  EXPECT_FALSE(founds("c", unadmitted(), {{"b", {c4, c4}}, {"d", {b7, b7}}}));
}

TEST_F(ReplicaFounder, IsWhoeverIsAlone) {
  ReplicaDriver node({}, unadmitted());
  node.tick();
  EXPECT_FALSE(admitted(node)) << "not before it is on disk";
  node.settle();
  EXPECT_TRUE(admitted(node));
}

TEST_F(ReplicaFounder, NotOneThatWasHeardTooLongAgo) {
  ReplicaOptions options = with_peers();
  options.name = "a";
  ReplicaDriver node(options, unadmitted());
  wire::NodeReport report = node.report(origin_b, {});
  report.standing.admitted = false;
  node.receive("b", wire::Heartbeat{report});
  node.pass(heartbeat_limit_ms);
  report.replica = origin_c;
  node.receive("c", wire::Heartbeat{report});
  node.settle();
  EXPECT_FALSE(admitted(node)) << "b may be admitted by now";
}

}  // namespace
}  // namespace anabranch::cluster
