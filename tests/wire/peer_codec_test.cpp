#include "wire/peer_codec.h"

#include "crdt/horizon.h"
#include "generators.h"
#include "wire/limits.h"
#include "wire/msgpack_writer.h"
#include "wire/peer_records.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

// What good messages become; peer_hostile_test.cpp has the bad ones.

namespace anabranch::wire {
namespace {

crdt::VersionVector example() {
  crdt::VersionVector vector;
  vector.raise({1}, 5);
  vector.raise({UINT64_MAX}, UINT64_MAX);
  return vector;
}

NodeReport report() {
  return {{7}, example(), true, std::string(32, 'a'), 3, true, false, 1767268800000};
}

crdt::Write write(std::uint64_t seq) {
  return {"user",
          {crdt::max_version, -max_time_ms, "tab\n"},
          {{7}, seq},
          true,
          {{*crdt::Path::parse("a.0"), {crdt::RecordKind::value, crdt::Value(R"({"b":[1]})")}},
           {*crdt::Path::parse("a.10"), {crdt::RecordKind::tombstone, {}}},
           {*crdt::Path::parse("c"),
            {static_cast<crdt::RecordKind>(200), crdt::Value(std::string("\0\xff", 2))}}}};
}

crdt::Write horizon_write(std::uint64_t seq) {
  return {"user", crdt::horizon_stamp(9), {{7}, seq}, false, {crdt::collected_change({5})}};
}

Traceparent trace() {
  return *Traceparent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

void expect_same(PeerMessage message) {
  const PeerEnvelope sent{"main", "node-a", std::move(message)};
  const auto received = decode_peer_message(encode(sent));
  ASSERT_TRUE(received) << received.error().message;
  EXPECT_EQ(*received, sent);
}

TEST(PeerCodec, EveryMessageArrivesAsItWas) {
  expect_same(PublishedWrites{{write(1)}});
  expect_same(PublishedWrites{{write(1), write(2), write(3)}});
  expect_same(PublishedWrites{{write(1)}, true, 1767268800000});
  expect_same(PublishedWrites{{write(1), write(2), write(3)}, true, -1, {{1, trace()}, {3, trace()}}});
  expect_same(Heartbeat{report()});
  expect_same(Heartbeat{});
  expect_same(Hello{report(), -5});
  expect_same(Welcome{report(), max_time_ms});
  expect_same(Progress{{9}, example()});
  expect_same(Pull{1, example(), UINT32_MAX});
  expect_same(PullCredit{UINT64_MAX, 0});
  expect_same(PullPiece{1, 0, {write(9), write(4)}, {}});
  expect_same(PullPiece{1, 2, {}, example()});
  expect_same(PullPiece{1, 2, {}, crdt::VersionVector()});
  expect_same(PullPiece{1, 0, {write(9)}, {}, Answerer{example(), {true, example()}}});
  expect_same(PullPiece{1, 0, {}, example(), Answerer{{}, {}}});
  expect_same(PublishedWrites{{horizon_write(1), horizon_write(2)}, false});
  expect_same(Pull{1, example(), 3, false});
  expect_same(RepairPull{3, {}, 4});
  crdt::StateDigest digest;
  digest.add(0, 1);
  digest.add(255, ~Uint128{0} - 1);
  expect_same(RepairPull{3, digest, 4});
}

TEST(PeerCodec, AnUnknownRecordKindKeepsItsBytes) {
  const auto received = decode_peer_message(encode({"c", "s", PublishedWrites{{write(1)}}}));
  ASSERT_TRUE(received);
  const auto& change = std::get<PublishedWrites>(received->message).writes.at(0).changes.at(2);
  EXPECT_EQ(static_cast<int>(change.payload.kind), 200);
  EXPECT_EQ(change.payload.value.text(), std::string_view("\0\xff", 2));
}

TEST(PeerCodec, WhatAnOlderNodePublishesSaysNothingOfItsCommit) {
  // One field, as a node of before committed_ms and traces writes it.
  MsgpackWriter out(64);
  out.array(5);
  out.uint(peer_protocol_version);
  out.text("c");
  out.text("s");
  out.uint(1);
  out.array(1);
  pack_writes(out, {write(1)});
  const auto received = decode_peer_message(out.take());
  ASSERT_TRUE(received) << received.error().message;
  EXPECT_EQ(std::get<PublishedWrites>(received->message), PublishedWrites{{write(1)}});
}

TEST(PeerCodec, ALargeMessagePasses) {
  PullPiece piece{1, 0, {}, example()};
  crdt::Write large = write(1);
  large.changes = {{*crdt::Path::parse("a"),
                    {crdt::RecordKind::value, crdt::Value('"' + std::string(5 << 20, 'x') + '"')}}};
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    large.dot.seq = seq;
    piece.writes.push_back(large);
  }
  expect_same(std::move(piece));
}

TEST(PeerCodec, AVectorOfAllOriginsPasses) {
  crdt::VersionVector full;
  for (std::uint64_t i = 0; i < max_origins; ++i) full.raise({i}, UINT64_MAX);
  expect_same(Pull{1, full, 1});
}

RC_GTEST_PROP(PeerCodec, DecodeUndoesEncode, ()) {
  const PeerEnvelope sent = *gen::envelope();
  const auto received = decode_peer_message(encode(sent));
  RC_ASSERT(received.has_value());
  RC_ASSERT(*received == sent);
}

}  // namespace
}  // namespace anabranch::wire
