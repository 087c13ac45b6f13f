#include "crdt/horizon.h"

#include "crdt/document.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::crdt::testing {
namespace {

constexpr ReplicaId origin_a{0xA};
constexpr ReplicaId origin_b{0xB};

Path path(const char* text) { return Path::parse(text).value(); }

Change with_kind(Change change, RecordKind kind) {
  change.payload.kind = kind;
  return change;
}

Record part(const Change& change, std::uint64_t number, Dot dot = {origin_a, 1}) {
  return {horizon_stamp(number), dot, false, change.payload};
}

TEST(HorizonPlaces, EachPartHasOneOfItsOwn) {
  const std::vector<Change> parts = {floor_change(), generation_change(origin_a),
                                     generation_change(origin_b), collected_change(origin_a),
                                     collected_change(origin_b)};
  for (const Change& one : parts) {
    EXPECT_TRUE(one.path.is_reserved());
    EXPECT_TRUE(is_of_horizon(one.payload.kind));
    EXPECT_TRUE(is_in_its_place(one));
    EXPECT_EQ(Path::from_key(one.path.key()), one.path) << "it is stored and sent";
    const auto covering = std::count_if(parts.begin(), parts.end(), [&](const Change& other) {
      return other.path.covers(one.path);
    });
    EXPECT_EQ(covering, 1) << "a part never hides another";
  }
}

TEST(HorizonPlaces, APartElsewhereIsRefused) {
  EXPECT_FALSE(is_in_its_place({path("floor"), floor_change().payload}));
  EXPECT_FALSE(is_in_its_place({path("generation"), generation_change(origin_a).payload}));
  EXPECT_FALSE(is_in_its_place(with_kind(floor_change(), RecordKind::generation)));
  EXPECT_FALSE(is_in_its_place(with_kind(generation_change(origin_a), RecordKind::floor)));
  EXPECT_FALSE(is_in_its_place(with_kind(collected_change(origin_a), RecordKind::floor)));
  EXPECT_FALSE(is_in_its_place(with_kind(floor_change(), RecordKind::collected)));
}

TEST(HorizonPlaces, CollectedDotsNameAnOrigin) {
  const Payload payload = collected_change(origin_a).payload;
  EXPECT_FALSE(is_in_its_place({Path::reserved("collected-"), payload}));
  EXPECT_FALSE(is_in_its_place({Path::reserved("collected-a"), payload}));
  EXPECT_FALSE(is_in_its_place({Path::reserved("collected-00000000000000zz"), payload}));
  EXPECT_FALSE(is_in_its_place({Path::reserved("000000000000000a"), payload}));
}

TEST(HorizonPlaces, AGenerationOfNoOriginIsKept) {
  const Change former{Path::reserved("generation"), {RecordKind::generation, {}}};
  EXPECT_TRUE(is_in_its_place(former)) << "directories of before may hold one";
  Horizon horizon;
  add_to_horizon(horizon, former.path, part(former, 3));
  EXPECT_EQ(horizon, Horizon());
}

TEST(HorizonPlaces, APartHoldsNothingButItsNumber) {
  Change change = floor_change();
  change.payload.value = Value("1");
  EXPECT_FALSE(is_in_its_place(change));
}

TEST(HorizonPlaces, WhatIsOfTheStateMayNotStandThere) {
  for (const auto kind : {RecordKind::value, RecordKind::tombstone, static_cast<RecordKind>(99)}) {
    EXPECT_FALSE(is_in_its_place(with_kind(floor_change(), kind)));
    EXPECT_TRUE(is_in_its_place({path("a"), {kind, {}}})) << "nor a newer node's kind elsewhere";
  }
}

TEST(HorizonParts, TheGreatestNumberWins) {
  Horizon horizon;
  for (const std::uint64_t number : {3, 7, 5}) {
    add_to_horizon(horizon, floor_change().path, part(floor_change(), number));
  }
  for (const std::uint64_t number : {2, 1}) {
    add_to_horizon(horizon, generation_change(origin_a).path,
                   part(generation_change(origin_a), number));
  }
  add_to_horizon(horizon, collected_change(origin_b).path, part(collected_change(origin_b), 9));
  add_to_horizon(horizon, collected_change(origin_b).path, part(collected_change(origin_b), 4));
  VersionVector collected;
  collected.raise(origin_b, 9);
  VersionVector generations;
  generations.raise(origin_a, 2);
  EXPECT_EQ(horizon, (Horizon{7, collected, generations}));
}

TEST(HorizonParts, NoRepairOfTwoNodesAtOnceIsLost) {
  const auto raised = [](ReplicaId origin) {
    Horizon horizon;
    add_to_horizon(horizon, generation_change(origin).path, part(generation_change(origin), 1));
    return horizon;
  };
  Horizon both = raised(origin_a);
  add_to_horizon(both, generation_change(origin_b).path, part(generation_change(origin_b), 1));
  EXPECT_EQ(Horizon().generation(), 0U);
  EXPECT_NE(raised(origin_a).generation(), 0U);
  EXPECT_NE(raised(origin_a).generation(), raised(origin_b).generation());
  EXPECT_NE(both.generation(), raised(origin_a).generation());
  EXPECT_NE(both.generation(), raised(origin_b).generation());
}

TEST(HorizonParts, WhatIsOfTheStateAddsNothing) {
  Horizon horizon;
  for (const auto kind : {RecordKind::value, RecordKind::tombstone, static_cast<RecordKind>(99)}) {
    add_to_horizon(horizon, path("a"), {{9, 0, "t"}, {origin_a, 1}, false, {kind, {}}});
  }
  EXPECT_EQ(horizon, Horizon());
}

TEST(HorizonParts, EqualOnesOfTwoNodesAreOneUnderTheLowerDot) {
  Document document;
  document.merge(floor_change().path, part(floor_change(), 5, {origin_b, 1}));
  const auto merged = document.merge(floor_change().path, part(floor_change(), 5, {origin_a, 1}));
  EXPECT_EQ(merged.verdict, Verdict::repeated);
  EXPECT_EQ(document.find(floor_change().path)->dot, (Dot{origin_a, 1}));
}

TEST(HorizonOfADocument, NeverFallsAndKeepsTheVersionFromFalling) {
  Document document;
  document.merge(floor_change().path, part(floor_change(), 5));
  EXPECT_EQ(document.version(), 5U);
  EXPECT_EQ(document.merge(floor_change().path, part(floor_change(), 4)).verdict, Verdict::loses);
  EXPECT_EQ(document.horizon().floor, 5U);
  document.merge(floor_change().path, part(floor_change(), 6));
  EXPECT_EQ(document.horizon().floor, 6U);
}

TEST(HorizonOfADocument, OtherPartsDoNotRaiseTheVersion) {
  Document document;
  document.merge(generation_change(origin_a).path, part(generation_change(origin_a), 50));
  document.merge(collected_change(origin_a).path, part(collected_change(origin_a), 70));
  EXPECT_EQ(document.version(), 0U) << "their numbers are no versions of the user";
}

TEST(HorizonOfADocument, IsNotOfTheState) {
  Document document;
  for (const Change& one :
       {floor_change(), generation_change(origin_a), collected_change(origin_a)}) {
    document.merge(one.path, part(one, 3));
  }
  EXPECT_EQ(document.records().size(), 3U);
  EXPECT_EQ(document.record_count(), 0U);
  EXPECT_EQ(document.tombstone_count(), 0U);
  EXPECT_EQ(document.value_count(), 0U);
  document.merge(floor_change().path, part(floor_change(), 4));
  EXPECT_EQ(document.record_count(), 0U) << "one that replaces another counts once";
}

TEST(HorizonOfADocument, IsReadAnewWhenAPartIsTakenOut) {
  Document document;
  document.merge(floor_change().path, part(floor_change(), 5));
  document.merge(generation_change(origin_a).path, part(generation_change(origin_a), 2));
  EXPECT_TRUE(document.drop(floor_change().path));
  VersionVector generations;
  generations.raise(origin_a, 2);
  EXPECT_EQ(document.horizon(), (Horizon{0, {}, generations}));
  EXPECT_EQ(document.record_count(), 0U);
}

RC_GTEST_PROP(HorizonProperty, IsTheGreatestOfAllPartsWhateverTheirOrder, ()) {
  const auto numbers = *rc::gen::container<std::vector<std::pair<int, std::uint64_t>>>(
      rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange<std::uint64_t>(1, 20)));
  const std::vector<Change> parts = {floor_change(), generation_change(origin_a),
                                     collected_change(origin_a), collected_change(origin_b)};
  Horizon greatest;
  Document document;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [which, number] = numbers[i];
    if (which == 0) greatest.floor = std::max(greatest.floor, number);
    if (which == 1) greatest.generations.raise(origin_a, number);
    if (which > 1) greatest.collected.raise(which == 2 ? origin_a : origin_b, number);
    document.merge(parts[which].path, part(parts[which], number, {origin_a, i + 1}));
  }
  RC_ASSERT(document.horizon() == greatest);
  RC_ASSERT(document.version() == greatest.floor);
  RC_ASSERT(document.record_count() == 0U);
}

}  // namespace
}  // namespace anabranch::crdt::testing
