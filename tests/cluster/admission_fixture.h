#pragma once

#include "crdt/horizon.h"
#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {

/// A node that is not admitted, and b, which is and shall admit it.
class ReplicaAdmission : public ::testing::Test {
 protected:
  ReplicaAdmission() : node(held.emplace(with_acks(), unadmitted(known))) {}

  /// Another process, with this on its disk.
  void restart(wire::StoreState state) { held.emplace(with_acks(), std::move(state)); }

  static ReplicaOptions with_acks() {
    ReplicaOptions options = with_peers();
    options.acks = 1;
    return options;
  }

  void hear_b(bool is_admitted = true) {
    wire::NodeReport report = node.report(origin_b, theirs);
    report.standing = {is_admitted, collected};
    report.digest = "another";
    node.receive("b", wire::Heartbeat{report});
  }
  void hear_c(bool is_admitted = false) {
    wire::NodeReport report = node.report(origin_c, {});
    report.standing.admitted = is_admitted;
    report.digest = "another";
    node.receive("c", wire::Heartbeat{report});
  }
  /// b is to admit this node, which has these records of alice and these users.
  void begin(wire::UserRecords records = {}, std::vector<UserId> users = {"alice"}) {
    node.warm(std::move(records));
    hear_c();  // or it would take a new id first, for c may know more of this one
    hear_b();
    ASSERT_THAT(node.effects(), ::testing::AllOf(::testing::Contains("ask b: admission"),
                                                 ::testing::Contains("list users after \"\"")));
    node.run(UsersListed{"", std::move(users)});
  }
  void piece(std::uint64_t index, std::vector<crdt::Write> writes, bool last = true) {
    wire::PullPiece piece{node.pull_id(), index, std::move(writes), {}, {}};
    if (last) piece.vector = theirs;
    if (index == 0) piece.answerer = wire::Answerer{theirs, {true, collected}};
    node.receive("b", std::move(piece));
  }
  /// The whole admission. Alice's state afterwards.
  std::string admit(wire::UserRecords records, std::vector<crdt::Write> answer) {
    begin(std::move(records));
    piece(0, std::move(answer));
    node.settle();
    lines = node.effects();
    EXPECT_TRUE(admitted(node));
    return state_of_alice();
  }
  std::string state_of_alice() {
    node.effects();
    node.run(StateRead{1, "alice", {}});
    node.settle();
    const auto effects = node.effects();
    return effects.empty() ? "" : effects.back();
  }
  /// What was written anew, without the generation.
  std::vector<crdt::Write> anew() {
    std::vector<crdt::Write> writes = node.published();
    std::erase_if(writes, [](const crdt::Write& write) {
      return write.changes.front().payload.kind == crdt::RecordKind::generation;
    });
    return writes;
  }
  bool generation_rose() { return anew().size() < node.published().size(); }

  const crdt::VersionVector known = vector_of({{origin_a, 9}, {origin_b, 1}, {origin_c, 5}});
  const crdt::VersionVector theirs = vector_of({{origin_a, 2}, {origin_b, 7}});
  const crdt::VersionVector collected = vector_of({{origin_b, 3}});
  const crdt::Write floor = floor_write({origin_b, 4}, 10);
  std::optional<ReplicaDriver> held;
  ReplicaDriver& node;
  std::vector<std::string> lines;
};

}  // namespace anabranch::cluster
