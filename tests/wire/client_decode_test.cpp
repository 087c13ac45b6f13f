#include "generators.h"
#include "wire/canonical_json.h"
#include "wire/client_json.h"
#include "wire/limits.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

// What decode_client_frame makes of good frames; client_refusal_test.cpp has the bad ones.

namespace anabranch::wire {
namespace {

using crdt::RecordKind;

std::string envelope(std::string_view event, std::string_view payload) {
  return R"({"event":")" + std::string(event) + R"(","payload":)" + std::string(payload) + "}";
}

template <class Message>
Message decode(const std::string& frame) {
  auto message = decode_client_frame(frame);
  if (!message) {
    ADD_FAILURE() << frame.substr(0, 200) << ": " << message.error().message;
    return {};
  }
  if (!std::holds_alternative<Message>(*message)) {
    ADD_FAILURE() << frame << ": another message";
    return {};
  }
  return std::get<Message>(*std::move(message));
}

WriteRequest update(std::string_view payload) {
  return decode<WriteRequest>(envelope("dashboard.state.update", payload));
}

WriteRequest batch(std::string_view payload) {
  return decode<WriteRequest>(envelope("dashboard.state.batch", payload));
}

StateRequest request(std::string_view payload) {
  return decode<StateRequest>(envelope("dashboard.state.request", payload));
}

TEST(ClientDecode, ReadsAnUpdateWithEveryField) {
  const WriteRequest write = update(R"({"path":"widgets.w1","value":{"b":[1.0,null],"a":"x"},
      "version":42,"timestamp":"2026-01-01T12:00:00Z","sourceTabId":"tab-abc123","id":"i1"})");
  EXPECT_FALSE(write.is_batch);
  ASSERT_EQ(write.changes.size(), 1u);
  EXPECT_EQ(write.changes[0].path.text(), "widgets.w1");
  EXPECT_EQ(write.changes[0].payload.kind, RecordKind::value);
  EXPECT_EQ(write.changes[0].payload.value.text(), R"({"a":"x","b":[1,null]})");
  EXPECT_EQ(write.version, 42u);
  EXPECT_EQ(write.timestamp_ms, 1767268800000);
  EXPECT_EQ(write.tab, "tab-abc123");
  EXPECT_EQ(write.id, RequestId{R"("i1")"});
}

TEST(ClientDecode, ATraceparentStandsBesideThePayload) {
  const std::string id = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  const auto traced = [](const std::string& before, const std::string& after) {
    const auto write = decode<WriteRequest>('{' + before + R"("event":"dashboard.state.update",)" +
                                            R"("payload":{"path":"a","value":1})" + after + '}');
    return std::string(write.traceparent.text());
  };
  EXPECT_EQ(traced("", ""), "");
  EXPECT_EQ(traced("", R"(,"traceparent":")" + id + '"'), id);
  EXPECT_EQ(traced(R"("traceparent":")" + id + "\",", ""), id);
  EXPECT_EQ(traced(R"("traceparent":7,)", R"(,"traceparent":")" + id + '"'), id) << "last of two";
  const auto batch = decode<WriteRequest>(
      R"({"event":"dashboard.state.batch","payload":{"updates":[{"path":"a","value":1}]},)"
      R"("traceparent":")" +
      id + "\"}");
  EXPECT_EQ(batch.traceparent.text(), id);
}

TEST(ClientDecode, WhatIsNoTraceparentIsIgnored) {
  for (const char* other : {R"("")", R"("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0")",
                            R"("00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01")", "null",
                            "7", "true", "{\"a\":[1]}", "[\"00\"]"}) {
    const auto write = decode<WriteRequest>(
        R"({"event":"dashboard.state.update","payload":{"path":"a","value":1,)"
        R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},)"
        R"("traceparent":)" +
        std::string(other) + '}');
    EXPECT_TRUE(write.traceparent.empty()) << other;
    EXPECT_EQ(write.changes.size(), 1u);
  }
}

TEST(ClientDecode, ARefusedWriteKeepsItsTraceparent) {
  const std::string id = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  const auto refused = decode_client_frame(
      R"({"event":"dashboard.state.update","payload":{"path":""},"traceparent":")" + id + "\"}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().traceparent.text(), id);
}

TEST(ClientDecode, ReadsAnUpdateWithoutOptionalFields) {
  const WriteRequest write = update(R"({"path":"a","value":null})");
  EXPECT_EQ(write.changes.at(0).payload.value.text(), "null");
  EXPECT_FALSE(write.version || write.timestamp_ms || write.tab || write.id);
}

TEST(ClientDecode, ReadsADelete) {
  const WriteRequest write = update(R"({"path":"a.b","delete":true})");
  EXPECT_EQ(write.changes.at(0).payload.kind, RecordKind::tombstone);
  EXPECT_EQ(write.changes.at(0).payload.value.text(), "");
}

TEST(ClientDecode, TakesEveryKindOfValue) {
  for (const char* value : {"null", "true", "false", "0", "-1.5", "\"\"", "\"é😀\"", "[]", "{}",
                            R"({"event":"auth","payload":{"path":5},"value":1,"updates":[1]})",
                            R"([[{"a":[1,{"b":"c"}]}],[]])"}) {
    const WriteRequest write =
        update(R"({"path":"a","value":)" + std::string(value) + R"(,"version":7})");
    EXPECT_EQ(write.changes.at(0).payload.value.text(), *canonicalise(value));
    EXPECT_EQ(write.version, 7u);
  }
}

TEST(ClientDecode, TakesTheFieldsInAnyOrder) {
  const WriteRequest write = decode<WriteRequest>(
      R"({"payload":{"id":5,"value":[1],"version":2,"path":"a"},"event":"dashboard.state.update"})");
  EXPECT_EQ(write.changes.at(0).payload.value.text(), "[1]");
  EXPECT_EQ(write.id, RequestId{"5"});
  EXPECT_EQ(write.version, 2u);
}

TEST(ClientDecode, OfDuplicateFieldsTheLastCounts) {
  const WriteRequest write = decode<WriteRequest>(
      R"({"event":5,"payload":[],"payload":{"id":1,"delete":true},
          "payload":{"path":7,"path":"x","path":"a","value":{"b":1e400},"value":1,"value":{"c":2}},
          "event":"auth","event":"dashboard.state.update"})");
  EXPECT_EQ(write.changes.at(0).path.text(), "a");
  EXPECT_EQ(write.changes.at(0).payload.value.text(), R"({"c":2})");
  EXPECT_FALSE(write.id);
  const WriteRequest items = batch(R"({"updates":[{"path":"x"}],"updates":5,
      "updates":[{"path":"a","path":"b","value":[[]],"value":1}]})");
  ASSERT_EQ(items.changes.size(), 1u);
  EXPECT_EQ(items.changes[0].path.text(), "b");
  EXPECT_EQ(items.changes[0].payload.value.text(), "1");
}

TEST(ClientDecode, AValueThatIsReplacedMayBeTooDeep) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  const WriteRequest write = update(R"({"value":)" + deep + R"(,"path":"a","value":{"b":[1]}})");
  EXPECT_EQ(write.changes.at(0).payload.value.text(), R"({"b":[1]})");
}

TEST(ClientDecode, IgnoresUnknownFieldsOfAnyType) {
  const char* odd[] = {"1e400", "\"x\"", "null", "[[[]],{}]", R"({"value":{"path":[1]},"id":{}})"};
  for (const std::string value : odd) {
    const std::string frame =
        R"({"more":)" + value + R"(,"event":"dashboard.state.batch","x":)" + value +
        R"(,"payload":{"nonsense":)" + value + R"(,"updates":[{"u":)" + value +
        R"(,"path":"a","version":)" + value + R"(,"value":1,"v":)" + value + R"(}],"path":)" +
        value + R"(,"cursor":)" + value + R"(,"w":)" + value + R"(},"y":)" + value + "}";
    const WriteRequest write = decode<WriteRequest>(frame);
    EXPECT_EQ(write.changes.at(0).payload.value.text(), "1");
  }
}

TEST(ClientDecode, AnUnknownFieldMayNestDeeperThanAValue) {
  const std::string deep = std::string(900, '[') + std::string(900, ']');
  EXPECT_EQ(update(R"({"x":)" + deep + R"(,"path":"a","value":1})").changes.size(), 1u);
}

TEST(ClientDecode, TakesWhatIsJustWithinTheLimits) {
  const auto takes = [](const std::string& fields) {
    return !update(R"({"value":1,)" + fields + "}").changes.empty();
  };
  const auto repeated = [](std::string_view part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
  };
  EXPECT_TRUE(takes(R"("path":")" + repeated("a.", 31) + R"(a")"));
  EXPECT_TRUE(takes(R"("path":"b.)" + std::string(256, 'b') + '"'));
  EXPECT_TRUE(takes(R"("path":")" + repeated("é", 128) + '"'));
  EXPECT_TRUE(takes(R"("path":")" + repeated(std::string(203, 'c') + '.', 4) +
                    std::string(208, 'c') + '"'));
  EXPECT_TRUE(takes(R"("path":"d","sourceTabId":")" + repeated("é", 64) + '"'));
  EXPECT_TRUE(takes(R"("path":"e","id":")" + std::string(128, 'i') + '"'));
  EXPECT_TRUE(takes(R"("path":"e","id":")" + repeated("\\u0001", 128) + '"'));
  for (const char* path : {"toString.valueOf", "0.1", " . ", "$ref.#.*", "proto.__proto",
                           "k.constructor.prototype", "c1.\u0085\u009f"}) {
    EXPECT_TRUE(takes(R"("path":")" + std::string(path) + '"')) << path;
  }
  EXPECT_TRUE(takes(R"("path":"esc.)" + repeated("\\\\.", 256) + '"'));
  EXPECT_TRUE(takes(R"("path":"f","version":1,"timestamp":"1999-12-31T23:59:59-11:30")"));
  EXPECT_TRUE(takes(R"("path":"f","version":9007199254740991,"sourceTabId":"\u0000")"));
  EXPECT_EQ(update(R"({"path":"a","value":1,"version":1.0})").version, 1u);
  EXPECT_EQ(update(R"({"path":"a","value":1,"version":42e0})").version, 42u);
}

TEST(ClientDecode, TakesAValueNested64Deep) {
  const std::string arrays = std::string(64, '[') + std::string(64, ']');
  EXPECT_EQ(update(R"({"path":"a","value":)" + arrays + "}").changes.at(0).payload.value.text(),
            arrays);
  const std::string items = R"({"updates":[{"path":"a","value":)" + arrays + "}]}";
  EXPECT_EQ(batch(items).changes.at(0).payload.value.text(), arrays);
}

TEST(ClientDecode, RepeatsAnIdInItsCanonicalForm) {
  const std::pair<const char*, const char*> ids[] = {
      {R"("a\u0062\/\u0007")", R"("ab/\u0007")"},
      {"0", "0"},
      {"-0", "0"},
      {"-17", "-17"},
      {"1.0", "1"},
      {"1e3", "1000"},
      {"9007199254740991", "9007199254740991"},
      {"-9007199254740991", "-9007199254740991"},
      {R"("5")", R"("5")"},
  };
  for (const auto& [id, repeated] : ids) {
    const WriteRequest write = update(R"({"path":"a","value":1,"id":)" + std::string(id) + "}");
    EXPECT_EQ(write.id, RequestId{repeated});
  }
}

TEST(ClientDecode, ReadsABatchInPathOrder) {
  const WriteRequest write = batch(R"({"updates":[{"path":"b","value":1},{"path":"a.10","value":2},
      {"path":"a.9","delete":true},{"path":"a","value":{}}],"version":3,"id":"b1",
      "timestamp":"1970-01-01T00:00:00.001Z","sourceTabId":"t"})");
  EXPECT_TRUE(write.is_batch);
  ASSERT_EQ(write.changes.size(), 4u);
  EXPECT_EQ(write.changes[0].path.text(), "a");
  EXPECT_EQ(write.changes[1].path.text(), "a.9");
  EXPECT_EQ(write.changes[1].payload.kind, RecordKind::tombstone);
  EXPECT_EQ(write.changes[2].path.text(), "a.10");
  EXPECT_EQ(write.changes[2].payload.value.text(), "2");
  EXPECT_EQ(write.changes[3].path.text(), "b");
  EXPECT_EQ(write.version, 3u);
  EXPECT_EQ(write.timestamp_ms, 1);
  EXPECT_EQ(write.tab, "t");
  EXPECT_EQ(write.id, RequestId{R"("b1")"});
}

TEST(ClientDecode, ItemsOfABatchDoNotShareFields) {
  const auto refused = decode_client_frame(
      envelope("dashboard.state.batch", R"({"updates":[{"path":"a","value":1},{"path":"b"}]})"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("updates[1].value"), std::string::npos);
}

TEST(ClientDecode, ReadsARequest) {
  const StateRequest full = request("{}");
  EXPECT_EQ(full.want, StateRequest::Want::unstated);
  EXPECT_EQ(full.cursor, "");
  EXPECT_TRUE(full.seen.empty());
  const StateRequest all = request(R"({"lastKnownVersion":40,"cursor":"AbC-_","want":"delta",
      "seen":["0000000000000001:5","ffffffffffffffff:18446744073709551615"]})");
  EXPECT_EQ(all.want, StateRequest::Want::delta);
  EXPECT_EQ(all.cursor, "AbC-_");
  EXPECT_EQ(all.seen, (std::vector<Dot>{{{1}, 5}, {{UINT64_MAX}, UINT64_MAX}}));
  EXPECT_EQ(request(R"({"want":"full","lastKnownVersion":0})").want, StateRequest::Want::full);
}

TEST(ClientDecode, TakesAsManySeenDotsAsTheLimitAllows) {
  std::string seen;
  for (std::size_t i = 0; i < max_seen_dots; ++i)
    seen.append(1, '"').append(Dot{{i}, 1}.to_string()).append("\",");
  seen.pop_back();
  EXPECT_EQ(request(R"({"seen":[)" + seen + "]}").seen.size(), max_seen_dots);
  const auto refused = decode_client_frame(
      envelope("dashboard.state.request", R"({"seen":[)" + seen + R"(,"0000000000000001:5"]})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_payload);
}

TEST(ClientDecode, ReadsAuth) {
  EXPECT_EQ(decode<Auth>(envelope("auth", R"({"token":"a.b.c"})")).token, "a.b.c");
  EXPECT_EQ(decode<Auth>(envelope("auth", R"({"token":""})")).token, "");
}

TEST(ClientDecode, TakesSpaceAroundTheEnvelope) {
  EXPECT_EQ(decode<Auth>(" \n" + envelope("auth", R"({ "token" : "x" } )") + "\r\n\t").token, "x");
}

RC_GTEST_PROP(ClientDecode, AValueArrivesInItsCanonicalForm, ()) {
  const std::string value = *gen::json();
  const WriteRequest write = update(R"({"path":"a","value":)" + value + R"(,"id":1})");
  RC_ASSERT(std::string(write.changes.at(0).payload.value.text()) == *canonicalise(value));
}

RC_GTEST_PROP(ClientDecode, DamagedFramesAreReadOrRefused, ()) {
  const std::string frames[] = {
      envelope(
          "dashboard.state.update",
          R"({"path":"a\\.b.0","value":)" + *gen::json() +
              R"(,"version":42,"timestamp":"2026-01-01T12:00:00Z","sourceTabId":"t","id":"i"})"),
      envelope("dashboard.state.batch",
               R"({"updates":[{"path":"b","delete":true},{"path":"a","value":)" + *gen::json() +
                   R"(}],"version":1e1,"id":7})"),
      envelope(
          "dashboard.state.request",
          R"({"lastKnownVersion":1,"cursor":"AA","seen":["0000000000000001:5"],"want":"full"})"),
      envelope("auth", R"({"token":"x"})")};
  for (const std::string& frame : frames) {
    const auto message = decode_client_frame(*gen::damaged(frame));
    if (!message) {
      RC_ASSERT(!message.error().message.empty());
    } else if (const auto* write = std::get_if<WriteRequest>(&*message)) {
      RC_ASSERT(!write->changes.empty());
    }
  }
}

RC_GTEST_PROP(ClientDecode, EveryPrefixOfAFrameIsNotJson, ()) {
  const std::string frame =
      envelope("dashboard.state.update", R"({"path":"a","value":)" + *gen::json() + R"(,"id":1})");
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const auto message = decode_client_frame(std::string_view(frame).substr(0, size));
    RC_ASSERT(!message && message.error().code == ErrorCode::invalid_json);
  }
}

}  // namespace
}  // namespace anabranch::wire
