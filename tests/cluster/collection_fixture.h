#pragma once

#include "crdt/horizon.h"
#include "tests/cluster/replica_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {

inline constexpr std::int64_t retention_ms = 10'000;
inline constexpr std::int64_t pass_ms = retention_ms / 20;

inline ReplicaOptions with_retention(ReplicaOptions options = with_peers()) {
  options.tombstone_retention_ms = retention_ms;
  return options;
}

/// What a disk says that holds a tombstone.
inline wire::StoreState with_tombstone(crdt::VersionVector vector) {
  wire::StoreState state = state_of(origin_a, std::move(vector));
  state.totals = {1, 0, 1, 0};
  return state;
}

class ReplicaCollection : public ::testing::Test {
 protected:
  explicit ReplicaCollection(ReplicaOptions options = with_retention())
      : node(std::move(options), with_tombstone(known)) {}

  /// b and c tell this vector.
  void hear_both(const crdt::VersionVector& vector) {
    node.hear("b", origin_b, vector);
    node.hear("c", origin_c, vector);
  }

  /// Alice's records are in memory, and all that this disk holds is as old as it has to be.
  void grow_old(wire::UserRecords records) {
    node.warm(std::move(records));
    hear_both(known);
    node.tick();
    node.settle();
    node.pass(retention_ms);
    node.effects();
  }
  void grow_old() { grow_old({{path("a"), record_of({origin_b, 1}, unset("a"), 3)}}); }

  /// A pass begins, and the disk finds these.
  void pass_finds(std::vector<crdt::Write> tombstones, bool last = true) {
    node.pass(pass_ms);
    node.tick();
    ASSERT_THAT(node.effects(), ::testing::Contains(::testing::HasSubstr("find tombstones {")));
    ++passes;
    node.run(TombstonesFound{passes, std::move(tombstones), last});
  }
  void pass_finds_a() {
    pass_finds({write_of({origin_b, 1}, {unset("a")}, 3)});
    node.settle();
  }

  Counters counters() { return node.replica().status(node.now()).counters; }
  std::string held_back() { return node.replica().status(node.now()).collection_held_back; }
  std::uint64_t collected() { return counters().tombstones_collected; }
  std::vector<crdt::Change> last_written() { return node.published().back().changes; }

  const crdt::VersionVector known = vector_of({{origin_b, 1}});
  /// … and the floor that this node raises.
  const crdt::VersionVector with_floor = vector_of({{origin_a, 1}, {origin_b, 1}});
  ReplicaDriver node;
  std::uint64_t passes = 0;
};

}  // namespace anabranch::cluster
