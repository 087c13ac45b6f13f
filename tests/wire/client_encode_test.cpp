#include "wire/canonical_json.h"
#include "wire/client_json.h"

#include <gtest/gtest.h>

#include <set>

namespace anabranch::wire {
namespace {

using crdt::Payload;
using crdt::RecordKind;
using crdt::Value;

const CursorCodec cursors({"a secret"}, "main");

crdt::Path at(std::string_view text) { return *crdt::Path::parse(text); }
Payload value(std::string canonical) { return {RecordKind::value, Value(std::move(canonical))}; }
Payload tombstone() { return {RecordKind::tombstone, {}}; }
Payload unknown() { return {static_cast<RecordKind>(9), Value("\xff\x01")}; }

// Records are put together by assignment: g++ 12 sees uninitialised strings in nested braces.
crdt::Stamp stamp(std::uint64_t version, std::int64_t timestamp_ms, std::string tab) {
  crdt::Stamp made;
  made.version = version;
  made.timestamp_ms = timestamp_ms;
  made.tab = std::move(tab);
  return made;
}

SyncedRecord record(std::string_view path, crdt::Stamp by, Payload payload,
                    std::optional<Dot> dot = {}) {
  return {at(path), std::move(by), std::move(payload), dot};
}

std::string sent(const ClientEvent& event) {
  std::string text = encode(event, cursors);
  EXPECT_TRUE(canonicalise(text)) << text;
  return text;
}

TEST(ClientEncode, AuthOk) {
  EXPECT_EQ(sent(AuthOk{"user \"1\"", "node-a", "eu", 1767268800000, 42, {100, 50, 65536}}),
            R"({"event":"auth.ok","payload":{"userId":"user \"1\"","node":"node-a","region":"eu",)"
            R"("expiresAt":"2026-01-01T12:00:00.000Z","time":"1970-01-01T00:00:00.042Z",)"
            R"("limits":{"updatesPerMinute":100,"burst":50,"maxUpdateBytes":65536}}})");
}

TEST(ClientEncode, ErrorWithAndWithoutItsOptionalFields) {
  EXPECT_EQ(
      sent(ErrorEvent{ErrorCode::rate_limited, "slow \"down\"\n", RequestId{R"("i1")"}, 600, true}),
      R"({"event":"dashboard.state.error","payload":{"code":"rate_limited",)"
      R"("message":"slow \"down\"\n","id":"i1","retryAfterMs":600}})");
  EXPECT_EQ(
      sent(ErrorEvent{ErrorCode::invalid_json, "no", {}, {}, false}),
      R"({"event":"dashboard.state.error","payload":{"code":"invalid_json","message":"no"}})");
}

TEST(ClientEncode, APathIsEscapedOnceAsAPathAndOnceAsJson) {
  const std::string text = sent(Sync{record("a\"b.c\\.d.3", stamp(1, 0, "t"), value("1"))});
  EXPECT_NE(text.find(R"("payload":{"path":"a\"b.c\\.d.3","value":1,)"), std::string::npos) << text;
}

TEST(ClientEncode, StringsAreEscapedWhereverTheyNeedIt) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (const char special : {'"', '\\', '\x1f', '\n'}) {
      for (const char* after : {"", "x", "\xc3\xa9 and some more"}) {
        const std::string plain = std::string(before, 'a') + "\xc3\xa9";
        EXPECT_EQ(unescaped_prefix(plain + special + after), plain.size());
      }
    }
    EXPECT_EQ(unescaped_prefix(std::string(before, '\x7f')), before);
  }
}

TEST(ClientEncode, EveryErrorCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::unavailable); ++code) {
    names.insert(to_string(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"invalid_json", "invalid_payload", "invalid_path",
                                               "unknown_event", "payload_too_large",
                                               "version_ahead", "too_old", "rate_limited",
                                               "state_limit", "unauthenticated", "unavailable"}));
}

TEST(ClientEncode, Ack) {
  EXPECT_EQ(sent(Ack{{"5"}, true, 42, 1767268800000, Durability::replicated, Dot{{255}, 7}}),
            R"({"event":"dashboard.state.ack","payload":{"id":5,"applied":true,"version":42,)"
            R"("timestamp":"2026-01-01T12:00:00.000Z","durability":"replicated",)"
            R"("dot":"00000000000000ff:7"}})");
  EXPECT_EQ(sent(Ack{{R"("x")"}, false, 1, 0, Durability::local, {}}),
            R"({"event":"dashboard.state.ack","payload":{"id":"x","applied":false,"version":1,)"
            R"("timestamp":"1970-01-01T00:00:00.000Z","durability":"local"}})");
}

TEST(ClientEncode, Sync) {
  EXPECT_EQ(sent(Sync{record("a.b\\.c", stamp(3, 1, "t\n"), value(R"({"x":[1]})"), Dot{{1}, 2})}),
            R"({"event":"dashboard.state.sync","payload":{"path":"a.b\\.c","value":{"x":[1]},)"
            R"("version":3,"timestamp":"1970-01-01T00:00:00.001Z","sourceTabId":"t\n",)"
            R"("dot":"0000000000000001:2"}})");
  EXPECT_EQ(sent(Sync{record("a", stamp(3, 1, "t"), tombstone())}),
            R"({"event":"dashboard.state.sync","payload":{"path":"a","delete":true,"version":3,)"
            R"("timestamp":"1970-01-01T00:00:00.001Z","sourceTabId":"t"}})");
}

TEST(ClientEncode, Batch) {
  BatchSync batch;
  batch.stamp = stamp(3, 1, "t");
  batch.dot = Dot{{1}, 2};
  batch.changes = {{at("a"), value("1")}, {at("b"), unknown()}, {at("c"), tombstone()}};
  EXPECT_EQ(sent(batch),
            R"({"event":"dashboard.state.batch","payload":{"updates":[{"path":"a","value":1},)"
            R"({"path":"c","delete":true}],"version":3,"timestamp":"1970-01-01T00:00:00.001Z",)"
            R"("sourceTabId":"t","dot":"0000000000000001:2"}})");
}

TEST(ClientEncode, ATraceparentStandsBesideThePayload) {
  const std::string traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  Sync sync{record("a", stamp(3, 1, "t"), value("1"))};
  const std::string plain = sent(sync);
  sync.traceparent = *Traceparent::parse(traceparent);
  const std::string beside = R"(,"traceparent":")" + traceparent + R"("})";
  EXPECT_EQ(sent(sync), plain.substr(0, plain.size() - 1) + beside);

  BatchSync batch;
  batch.stamp = stamp(3, 1, "t");
  batch.changes = {{at("a"), value("1")}};
  const std::string plain_batch = sent(batch);
  batch.traceparent = sync.traceparent;
  EXPECT_EQ(sent(batch), plain_batch.substr(0, plain_batch.size() - 1) + beside);
}

TEST(ClientEncode, Full) {
  crdt::VersionVector vector;
  vector.raise({1}, 5);
  EXPECT_EQ(sent(Full{R"({"a":1})", {7, vector, true}}),
            R"({"event":"dashboard.state.full","payload":{"state":{"a":1},"version":7,"cursor":")" +
                cursors.seal(vector) + R"(","behind":true}})");
}

TEST(ClientEncode, Delta) {
  Delta delta;
  delta.complete = true;
  EXPECT_EQ(sent(delta),
            R"({"event":"dashboard.state.delta","payload":{"changes":[],"complete":true,)"
            R"("version":0,"cursor":")" +
                cursors.seal({}) + R"(","behind":false}})");
  delta.complete = false;
  delta.position.version = 4;
  delta.changes.push_back(record("a", stamp(3, 1, "t"), value("[]"), Dot{{1}, 2}));
  delta.changes.push_back(record("b", stamp(4, 2, "u"), unknown()));
  delta.changes.push_back(record("c", stamp(4, 2, "u"), tombstone()));
  EXPECT_EQ(sent(delta),
            R"({"event":"dashboard.state.delta","payload":{"changes":[{"path":"a","value":[],)"
            R"("version":3,"timestamp":"1970-01-01T00:00:00.001Z","sourceTabId":"t",)"
            R"("dot":"0000000000000001:2"},{"path":"c","delete":true,"version":4,)"
            R"("timestamp":"1970-01-01T00:00:00.002Z","sourceTabId":"u"}],"complete":false,)"
            R"("version":4,"cursor":")" +
                cursors.seal({}) + R"(","behind":false}})");
}

TEST(ClientEncode, WritesTheGreatestNumbersExactly) {
  const std::string text = sent(Sync{
      record("a", stamp(crdt::max_version, INT64_MAX, "t"), value("1"), Dot{{0}, UINT64_MAX})});
  EXPECT_NE(text.find("\"version\":9007199254740991"), std::string::npos);
  EXPECT_NE(text.find("0000000000000000:18446744073709551615"), std::string::npos);
}

TEST(ClientEncode, ARecordOfAnUnknownKindAloneStaysJson) {
  sent(Sync{record("a", stamp(3, 1, "t"), unknown())});
}

}  // namespace
}  // namespace anabranch::wire
