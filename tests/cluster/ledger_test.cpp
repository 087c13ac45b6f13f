#include "cluster/ledger.h"

#include "crdt/horizon.h"
#include "tests/cluster/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <utility>

namespace anabranch::cluster {

namespace {

wire::StoreState empty_state() {
  wire::StoreState state;
  state.replica = origin_a;
  return state;
}

/// What a disk would make of the batches.
using Disk = std::map<std::pair<UserId, crdt::Path>, crdt::Record>;

void apply(Disk& disk, const wire::StoreBatch& batch) {
  for (const wire::RecordChange& change : batch.records) {
    if (change.kind == wire::RecordChange::Kind::put) {
      disk.insert_or_assign({change.user, change.path}, change.record);
    } else {
      const auto found = disk.find({change.user, change.path});
      ASSERT_TRUE(found != disk.end());
      EXPECT_EQ(found->second, change.record) << "an erase names the record as it stood";
      disk.erase(found);
    }
  }
}

TEST(Ledger, APutAndWhatItRemovedAreWrittenDownInOrder) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_a, 1}, {set("a.b", "1")}, 1), true);
  ledger.apply(document, write_of({origin_a, 2}, {set("a", "{}")}, 2), true);
  const auto staged = ledger.take();
  ASSERT_EQ(staged.batch->records.size(), 3U);
  EXPECT_EQ(staged.batch->records[1].kind, wire::RecordChange::Kind::erase);
  EXPECT_EQ(staged.batch->records[1].path, path("a.b"));
  EXPECT_EQ(staged.batch->totals, (wire::StateTotals{1, 1, 0, document.value_bytes()}));
}

TEST(Ledger, ReturnsWhatWonAlone) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_a, 1}, {set("a", "1")}, 5), true);
  const auto won =
      ledger.apply(document, write_of({origin_b, 1}, {set("a", "2"), set("b", "3")}, 3), true);
  EXPECT_EQ(won, std::vector{set("b", "3")});
}

TEST(Ledger, OfEqualWritesTheLowerDotStandsAndNothingElseChanges) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_b, 1}, {set("a", "1")}), true);
  const auto before = ledger.take();
  const auto won = ledger.apply(document, write_of({origin_a, 1}, {set("a", "1")}), true);
  const auto after = ledger.take();
  EXPECT_TRUE(won.empty());
  EXPECT_EQ(after.batch->records.size(), 2U);
  EXPECT_EQ(after.batch->totals, before.batch->totals);
  EXPECT_EQ(after.batch->digests, before.batch->digests);
}

TEST(Ledger, DurableFollowsOnlyOnceTheBatchHasSettled) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_a, 1}, {set("a", "1")}), true);
  EXPECT_EQ(ledger.vector(), vector_of({{origin_a, 1}}));
  EXPECT_EQ(ledger.durable().vector, crdt::VersionVector());
  const auto staged = ledger.take();
  EXPECT_FALSE(ledger.has_changes());
  ledger.settled(staged);
  EXPECT_EQ(ledger.durable().vector, ledger.vector());
  EXPECT_EQ(ledger.durable().totals.values, 1U);
}

TEST(Ledger, AWriteThatIsNotNextIsHeldBeyondTheVectorUntilItIsCovered) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_b, 3}, {set("a", "1")}), false);
  EXPECT_EQ(ledger.vector(), crdt::VersionVector());
  EXPECT_EQ(ledger.beyond(), vector_of({{origin_b, 3}}));
  ledger.join(vector_of({{origin_b, 2}}));
  EXPECT_EQ(ledger.beyond(), vector_of({{origin_b, 3}}));
  ledger.join(vector_of({{origin_b, 3}}));
  EXPECT_EQ(ledger.beyond(), crdt::VersionVector());
}

TEST(Ledger, ABatchThatOnlyMovesTheVectorIsAChangeToo) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_a, 1}, {set("a", "1")}, 9), true);
  ledger.take();
  ledger.apply(document, write_of({origin_b, 1}, {set("a", "2")}, 3), true);
  EXPECT_TRUE(ledger.has_changes());
  EXPECT_TRUE(ledger.take().batch->records.empty());
}

TEST(Ledger, RollsBackToWhatIsDurable) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_a, 1}, {set("a", "1")}), true);
  ledger.settled(ledger.take());
  ledger.apply(document, write_of({origin_a, 2}, {set("b", "1")}), true);
  ledger.roll_back();
  EXPECT_FALSE(ledger.has_changes());
  EXPECT_EQ(ledger.vector(), vector_of({{origin_a, 1}}));
  EXPECT_EQ(ledger.take().batch->totals.values, 1U);
}

TEST(Ledger, ANewReplicaIdIsStagedAgainAfterARollBackAndAReset) {
  Ledger ledger(empty_state());
  ledger.mint(origin_c);
  ledger.take();
  ledger.roll_back();
  EXPECT_EQ(ledger.replica(), origin_c);
  EXPECT_EQ(ledger.durable().replica, origin_a);
  ledger.reset(empty_state());
  EXPECT_EQ(ledger.replica(), origin_c);
  EXPECT_EQ(ledger.take().batch->replica, origin_c);
}

crdt::Write part_of(Dot dot, const crdt::Change& part, std::uint64_t number) {
  return {"alice", crdt::horizon_stamp(number), dot, false, {part}};
}

TEST(LedgerOfHorizons, PartsMakeNoUserAndNoTombstone) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, part_of({origin_a, 1}, crdt::floor_change(), 5), true);
  const auto staged = ledger.take();
  EXPECT_EQ(staged.batch->totals, wire::StateTotals());
  EXPECT_EQ(staged.batch->records.size(), 1U) << "but they are on disk";
}

TEST(LedgerOfHorizons, AUserIsGoneWithTheLastRecordOfTheState) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, part_of({origin_a, 1}, crdt::floor_change(), 5), true);
  ledger.apply(document, write_of({origin_a, 2}, {unset("a")}, 2), true);
  EXPECT_EQ(ledger.take().batch->totals, (wire::StateTotals{1, 0, 1, 0}));
  ledger.drop(document, "alice", crdt::floor_change().path);
  EXPECT_EQ(ledger.take().batch->totals.users, 1U);
  ledger.drop(document, "alice", path("a"));
  EXPECT_EQ(ledger.take().batch->totals, wire::StateTotals());
}

TEST(LedgerOfTombstones, ACollectedOneIsErasedAndItsDotNoted) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_b, 4}, {unset("a")}, 2), true);
  ledger.apply(document, write_of({origin_b, 2}, {unset("b")}, 2), true);
  const crdt::StateDigest digest = ledger.durable().digest;
  ledger.settled(ledger.take());
  ledger.collect(document, "alice", path("a"));
  ledger.collect(document, "alice", path("b"));
  ledger.collect(document, "alice", path("nothing"));
  EXPECT_EQ(document.records().size(), 0U);
  const auto staged = ledger.take();
  ASSERT_EQ(staged.batch->records.size(), 2U);
  EXPECT_EQ(staged.batch->records[0].kind, wire::RecordChange::Kind::erase);
  ASSERT_TRUE(staged.batch->standing);
  EXPECT_EQ(staged.batch->standing->collected, vector_of({{origin_b, 4}}));
  EXPECT_EQ(staged.batch->totals, wire::StateTotals());
  ledger.settled(staged);
  EXPECT_EQ(ledger.durable().standing.collected, vector_of({{origin_b, 4}}));
  EXPECT_EQ(ledger.durable().digest, digest) << "nodes that collect at other times compare equal";
}

TEST(LedgerOfTombstones, WhatWasCollectedInABatchThatFailedIsNotNoted) {
  wire::StoreState state = empty_state();
  state.standing = {true, vector_of({{origin_b, 1}})};
  Ledger ledger(state);
  crdt::Document document;
  ledger.apply(document, write_of({origin_b, 4}, {unset("a")}, 2), true);
  ledger.settled(ledger.take());
  ledger.collect(document, "alice", path("a"));
  ledger.take();
  ledger.roll_back();
  EXPECT_EQ(ledger.standing(), state.standing);
  EXPECT_FALSE(ledger.has_changes());
}

TEST(Ledger, WhatIsHeldBeyondTheVectorIsKnownAnewFromTheEndsOfTheLog) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_b, 4}, {set("a", "1")}), false);
  ledger.apply(document, write_of({origin_a, 1}, {set("a", "2")}, 9), true);
  EXPECT_EQ(ledger.beyond_raises(), 1U);
  ledger.settled(ledger.take());
  EXPECT_EQ(ledger.durable().beyond, vector_of({{origin_b, 4}}));
  ledger.know_log_ends(vector_of({{origin_a, 1}}));
  EXPECT_EQ(ledger.durable().beyond, crdt::VersionVector());
  EXPECT_EQ(ledger.beyond(), crdt::VersionVector());
  ledger.know_log_ends(vector_of({{origin_a, 1}, {origin_b, 3}}));
  EXPECT_EQ(ledger.beyond(), vector_of({{origin_b, 3}}));
}

TEST(LedgerOfStanding, IsDurableOnlyOnceItsBatchHasSettled) {
  Ledger ledger(empty_state());
  ledger.set_standing({true, {}});
  EXPECT_TRUE(ledger.standing().admitted);
  EXPECT_FALSE(ledger.durable().standing.admitted);
  ledger.settled(ledger.take());
  EXPECT_TRUE(ledger.durable().standing.admitted);
  ledger.set_standing({true, {}});
  EXPECT_FALSE(ledger.has_changes()) << "the same again is no change";
}

TEST(LedgerOfStanding, AnAdmissionThatDidNotReachTheDiskIsNone) {
  Ledger ledger(empty_state());
  ledger.set_standing({true, {}});
  ledger.take();
  ledger.roll_back();
  EXPECT_FALSE(ledger.standing().admitted);
  EXPECT_FALSE(ledger.has_changes());
}

TEST(LedgerOfStanding, AnAdmissionThatIsFoundOnTheDiskAfterAllStands) {
  Ledger ledger(empty_state());
  ledger.set_standing({true, {}});
  ledger.take();
  ledger.roll_back();
  wire::StoreState found = empty_state();
  found.standing = {true, vector_of({{origin_b, 1}})};
  ledger.reset(found);
  EXPECT_EQ(ledger.standing(), found.standing);
  EXPECT_FALSE(ledger.has_changes());
}

TEST(LedgerOfStanding, ItsLossStaysThroughARollBackAndAReset) {
  wire::StoreState state = empty_state();
  state.standing = {true, vector_of({{origin_b, 1}})};
  Ledger ledger(state);
  ledger.set_standing({false, state.standing.collected});
  ledger.take();
  ledger.roll_back();
  const wire::Standing lost{false, state.standing.collected};
  EXPECT_EQ(ledger.take().batch->standing, lost) << "staged again";
  ledger.roll_back();
  ledger.reset(state);
  EXPECT_EQ(ledger.take().batch->standing, lost);
}

TEST(LedgerOfAges, FollowTheDisk) {
  Ledger ledger(empty_state());
  const std::vector<wire::AgeMark> ages = {{5, vector_of({{origin_a, 1}})}};
  ledger.set_ages(ages);
  EXPECT_TRUE(ledger.has_changes());
  ledger.take();
  ledger.roll_back();
  EXPECT_TRUE(ledger.ages().empty());
  ledger.set_ages(ages);
  ledger.settled(ledger.take());
  EXPECT_EQ(ledger.durable().ages, ages);
}

TEST(LedgerOfVectors, APeersVectorTakesTheOnesPlaceButForItsOwnWrites) {
  wire::StoreState state = empty_state();
  state.vector = vector_of({{origin_a, 7}, {origin_b, 5}, {origin_c, 2}});
  state.beyond = vector_of({{origin_b, 9}});
  Ledger ledger(state);
  ledger.know_no_more_than(vector_of({{origin_a, 3}, {origin_b, 4}, {ReplicaId{0xD}, 6}}),
                           {origin_a}, {});
  const auto known = vector_of({{origin_a, 7}, {origin_b, 4}, {ReplicaId{0xD}, 6}});
  EXPECT_EQ(ledger.vector(), known);
  const auto staged = ledger.take();
  EXPECT_EQ(staged.batch->forgotten, (std::set{origin_b, origin_c}));
  EXPECT_EQ(staged.batch->advanced, vector_of({{origin_b, 4}, {ReplicaId{0xD}, 6}}));
  ledger.settled(staged);
  EXPECT_EQ(ledger.durable().vector, known);
  EXPECT_EQ(ledger.durable().beyond, crdt::VersionVector());
}

TEST(LedgerOfVectors, WhatIsHeldOfThePeersAndNotCoveredByItsVectorIsHeldBeyond) {
  wire::StoreState state = empty_state();
  state.vector = vector_of({{origin_c, 5}});
  Ledger ledger(state);
  ledger.know_no_more_than(vector_of({{origin_b, 4}}), {},
                           vector_of({{origin_b, 2}, {origin_c, 5}}));
  ledger.settled(ledger.take());
  EXPECT_EQ(ledger.durable().beyond, vector_of({{origin_c, 5}}));
}

TEST(LedgerOfVectors, WhatWasStagedOfAForgottenOriginIsForgottenToo) {
  Ledger ledger(empty_state());
  crdt::Document document;
  ledger.apply(document, write_of({origin_c, 3}, {set("a", "1")}), true);
  ledger.know_no_more_than(vector_of({{origin_c, 1}}), {}, {});
  ledger.settled(ledger.take());
  EXPECT_EQ(ledger.durable().vector, vector_of({{origin_c, 1}}));
}

RC_GTEST_PROP(LedgerProperties, TotalsAndDigestAreWhatTheRecordsGive, ()) {
  const std::vector<std::string> paths = {"a", "a.b", "a.b.c", "d"};
  Ledger ledger(empty_state());
  std::map<UserId, crdt::Document> documents;
  Disk disk;
  const int count = *rc::gen::inRange(0, 40);
  wire::StoreBatch last;
  for (int i = 0; i < count; ++i) {
    const std::string at = *rc::gen::elementOf(paths);
    const bool deletes = *rc::gen::inRange(0, 3) == 0;
    const Dot dot{*rc::gen::element(origin_a, origin_b), static_cast<std::uint64_t>(i + 1)};
    const auto version = static_cast<std::uint64_t>(*rc::gen::inRange(1, 6));
    crdt::Write write = write_of(dot, {deletes ? unset(at) : set(at, "1")}, version);
    write.user = *rc::gen::element(std::string("alice"), std::string("bob"));
    ledger.apply(documents[write.user], write, true);
    if (*rc::gen::inRange(0, 3) > 0) continue;
    const auto staged = ledger.take();
    apply(disk, *staged.batch);
    ledger.settled(staged);
  }
  const auto staged = ledger.take();
  apply(disk, *staged.batch);
  ledger.settled(staged);

  wire::StateTotals totals;
  crdt::StateDigest digest;
  for (const auto& [key, record] : disk) {
    const auto& [user, at] = key;
    ++(record.payload.kind == crdt::RecordKind::value ? totals.values : totals.tombstones);
    totals.bytes += crdt::Document::cost_of(at, record.payload);
    digest.add(crdt::StateDigest::bucket_of(user), crdt::digest_of(user, at, record));
  }
  for (const auto& [user, document] : documents) {
    totals.users += document.records().empty() ? 0 : 1;
    for (const auto& [at, record] : document.records()) RC_ASSERT(disk.at({user, at}) == record);
  }
  RC_ASSERT(ledger.durable().totals == totals);
  RC_ASSERT(ledger.durable().digest == digest);
}

}  // namespace

}  // namespace anabranch::cluster
