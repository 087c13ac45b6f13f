#include "cluster/arrivals.h"

#include "tests/cluster/support.h"

#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

wire::PublishedWrites published(std::uint64_t first, std::uint64_t last, std::int64_t at_ms,
                                ReplicaId origin = origin_b) {
  wire::PublishedWrites message;
  for (std::uint64_t seq = first; seq <= last; ++seq) {
    message.writes.push_back(write_of({origin, seq}, {set("a", "1")}));
  }
  message.committed_ms = at_ms;
  return message;
}

TEST(Arrivals, EachWriteFindsThePublicationThatBroughtIt) {
  Arrivals arrivals;
  arrivals.note("b", published(4, 5, 200));
  arrivals.note("b", published(1, 3, 100));
  arrivals.note("c", published(1, 1, 300, origin_c));
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    const auto* found = arrivals.find({origin_b, seq});
    ASSERT_TRUE(found) << seq;
    EXPECT_EQ(found->committed_ms, seq <= 3 ? 100 : 200);
    EXPECT_EQ(found->peer, "b");
  }
  EXPECT_FALSE(arrivals.find({origin_b, 6}));
  EXPECT_EQ(arrivals.find({origin_c, 1})->committed_ms, 300);
  EXPECT_FALSE(arrivals.find({origin_a, 1}));
}

TEST(Arrivals, WhatAPullHasBroughtIsNotFoundAmongThem) {
  Arrivals arrivals;
  arrivals.note("b", published(1, 2, 100));
  arrivals.note("b", published(6, 7, 200));
  EXPECT_FALSE(arrivals.find({origin_b, 4}));
  EXPECT_EQ(arrivals.find({origin_b, 6})->committed_ms, 200);
}

TEST(Arrivals, APublicationOfAnOlderNodeTellsNothing) {
  Arrivals arrivals;
  wire::PublishedWrites message = published(1, 1, 0);
  message.committed_ms.reset();
  arrivals.note("b", message);
  EXPECT_FALSE(arrivals.find({origin_b, 1}));
}

TEST(Arrivals, AreBoundedAndForgetWhatIsOver) {
  Arrivals arrivals;
  const std::uint64_t bound = Arrivals::max_publications;
  for (std::uint64_t seq = 1; seq <= bound + 10; ++seq) arrivals.note("b", published(seq, seq, 1));
  EXPECT_TRUE(arrivals.find({origin_b, bound}));
  EXPECT_FALSE(arrivals.find({origin_b, bound + 1}));
  arrivals.note("b", published(bound + 1, bound + 1, 1));
  EXPECT_TRUE(arrivals.find({origin_b, bound + 1})) << "there is room again";
  arrivals.clear();
  EXPECT_FALSE(arrivals.find({origin_b, bound + 1}));
}

}  // namespace

}  // namespace anabranch::cluster
