#include "wire/client_json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// Frames that decode_client_frame refuses, with which code, naming which field.

namespace anabranch::wire {
namespace {

constexpr std::string_view update_event = "dashboard.state.update";
constexpr std::string_view batch_event = "dashboard.state.batch";
constexpr std::string_view request_event = "dashboard.state.request";

std::string envelope(std::string_view event, std::string_view payload) {
  return R"({"event":")" + std::string(event) + R"(","payload":)" + std::string(payload) + "}";
}

ErrorEvent refusal(const std::string& frame) {
  const auto message = decode_client_frame(frame);
  if (message) {
    ADD_FAILURE() << "not refused: " << frame.substr(0, 200);
    return {ErrorCode::unavailable, "", {}, {}, false};
  }
  return message.error();
}

std::string repeat(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

std::string nested(int depth) { return repeat("[", depth) + repeat("]", depth); }

struct BadField {
  std::string fields;  ///< of the payload
  ErrorCode code = ErrorCode::invalid_payload;
  std::string named;  ///< what the message must begin with
};

void expect_refused(std::string_view event, const BadField& bad) {
  // The id before and after the bad field: it must be found either way.
  const std::string comma = bad.fields.empty() ? "" : ",";
  for (const std::string& payload : {R"({"id":"bad-1")" + comma + bad.fields + "}",
                                     "{" + bad.fields + comma + R"("id":"bad-1"})"}) {
    const ErrorEvent error = refusal(envelope(event, payload));
    const std::string shown = payload.substr(0, 200);
    EXPECT_EQ(to_string(error.code), to_string(bad.code)) << shown << ": " << error.message;
    EXPECT_TRUE(error.message.starts_with(bad.named)) << shown << ": " << error.message;
    EXPECT_EQ(error.id, RequestId{R"("bad-1")"}) << shown;
    EXPECT_EQ(error.of_write, event != request_event && event != "auth") << shown;
    EXPECT_FALSE(error.retry_after_ms);
  }
}

const auto payload = ErrorCode::invalid_payload;
const auto path = ErrorCode::invalid_path;

TEST(ClientRefusal, FieldsOfAnUpdate) {
  const std::string v = R"("path":"x","value":1,)";
  const std::vector<BadField> cases = {
      {R"("value":1)", payload, "path"},
      {R"("path":5,"value":1)", payload, "path"},
      {R"("path":null,"value":1)", payload, "path"},
      {R"("path":["x"],"value":1)", payload, "path"},
      {R"("path":{"x":1},"value":1)", payload, "path"},
      {R"("path":"x")", payload, "value"},
      {R"("path":"x","value":1,"delete":true)", payload, "value"},
      {R"("path":"x","value":null,"delete":true)", payload, "value"},
      {R"("path":"x","delete":true,"value":[])", payload, "value"},
      {R"("path":"x","value":1,"delete":false)", payload, "value"},
      {R"("path":"x","delete":false)", payload, "delete"},
      {R"("path":"x","delete":"true")", payload, "delete"},
      {R"("path":"x","delete":null)", payload, "delete"},
      {R"("path":"x","delete":1)", payload, "delete"},
      {R"("path":"x","delete":[true])", payload, "delete"},
      {v + R"("version":0)", payload, "version"},
      {v + R"("version":-1)", payload, "version"},
      {v + R"("version":1.5)", payload, "version"},
      {v + R"("version":"1")", payload, "version"},
      {v + R"("version":9007199254740992)", payload, "version"},
      {v + R"("version":1e400)", payload, "version"},
      {v + R"("version":true)", payload, "version"},
      {v + R"("version":null)", payload, "version"},
      {v + R"("version":[1])", payload, "version"},
      {v + R"("timestamp":1767268800000)", payload, "timestamp"},
      {v + R"("timestamp":"yesterday")", payload, "timestamp"},
      {v + R"("timestamp":"2026-01-01T12:00:00")", payload, "timestamp"},
      {v + R"("timestamp":"2026-01-01")", payload, "timestamp"},
      {v + R"("timestamp":"2026-02-30T12:00:00Z")", payload, "timestamp"},
      {v + R"("timestamp":"2026-01-01T25:00:00Z")", payload, "timestamp"},
      {v + R"("timestamp":null)", payload, "timestamp"},
      {v + R"("timestamp":"")", payload, "timestamp"},
      {v + R"("sourceTabId":"")", payload, "sourceTabId"},
      {v + R"("sourceTabId":")" + repeat("x", 129) + '"', payload, "sourceTabId"},
      {v + R"("sourceTabId":")" + repeat("é", 65) + '"', payload, "sourceTabId"},
      {v + R"("sourceTabId":3)", payload, "sourceTabId"},
      {v + R"("sourceTabId":null)", payload, "sourceTabId"},
      {R"("path":"x","value":)" + nested(65), payload, "value"},
      {R"("path":"x","value":[{"a":)" + nested(63) + "}]", payload, "value"},
      {R"("path":"x","value":)" + nested(500), payload, "value"},
      {R"("path":"x","value":[1e400,{"b":[],"a":)" + nested(70) + "}]", payload, "value"},
      {R"("path":"x","value":1e400)", payload, "value"},
      {R"("path":"x","value":-1e400)", payload, "value"},
      {R"("path":"x","value":[1,[1e309]])", payload, "value"},
      {R"("path":"x","value":{"a":123123e100000})", payload, "value"},
      {R"("path":"x","value":[1e99999999999,"1e99999999999\"",2])", payload, "value"},
  };
  for (const BadField& bad : cases) expect_refused(update_event, bad);
}

TEST(ClientRefusal, PathsOfAnUpdate) {
  const std::vector<std::string> paths = {"",
                                          ".",
                                          "a..b",
                                          ".a",
                                          "a.",
                                          "a\\u0001b",
                                          "a\\u0000",
                                          "a\\nb",
                                          "a\\\\",
                                          "a\\\\b",
                                          "__proto__.x",
                                          "a.__proto__",
                                          "a\x7f"
                                          "b",
                                          repeat("\\\\.", 257),
                                          repeat("a.", 32) + "a",
                                          "a." + repeat("b", 257),
                                          repeat(repeat("c", 204) + ".", 4) + repeat("c", 205)};
  for (const std::string& text : paths) {
    expect_refused(update_event, {R"("value":1,"path":")" + text + '"', path, "path"});
  }
}

TEST(ClientRefusal, BadIds) {
  for (const std::string& id :
       {std::string("{}"), std::string("[]"), std::string("null"), std::string("true"),
        std::string("1.5"), std::string("1e400"), std::string("9007199254740992"),
        std::string(R"("")"), '"' + repeat("x", 129) + '"'}) {
    // Judged before everything else.
    const ErrorEvent error = refusal(envelope(update_event, R"({"version":"x","id":)" + id + "}"));
    EXPECT_EQ(error.code, payload) << id;
    EXPECT_TRUE(error.message.starts_with("id")) << error.message;
    EXPECT_FALSE(error.id);
    EXPECT_TRUE(error.of_write);
  }
}

TEST(ClientRefusal, TheFirstBadFieldIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"sourceTabId":"","timestamp":"","version":0,"delete":0,"path":""})", "path"},
      {R"({"sourceTabId":"","timestamp":"","version":0,"delete":0,"path":"x"})", "delete"},
      {R"({"sourceTabId":"","timestamp":"","version":0,"value":0,"path":"x"})", "version"},
      {R"({"sourceTabId":"","timestamp":"","version":1,"value":0,"path":"x"})", "timestamp"},
  };
  for (const auto& [fields, named] : cases) {
    EXPECT_TRUE(refusal(envelope(update_event, fields)).message.starts_with(named)) << fields;
  }
}

TEST(ClientRefusal, FieldsOfABatch) {
  const std::string good = R"({"path":"x","value":1})";
  const std::vector<BadField> cases = {
      {"", payload, "updates"},
      {R"("updates":{})", payload, "updates"},
      {R"("updates":null)", payload, "updates"},
      {R"("updates":"x")", payload, "updates"},
      {R"("updates":[])", payload, "updates is empty"},
      {R"("updates":[5])", payload, "updates[0] must"},
      {R"("updates":[)" + good + R"(,null])", payload, "updates[1] must"},
      {R"("updates":[)" + good + R"(,[)" + good + "]]", payload, "updates[1] must"},
      {R"("updates":[{"path":"x"}])", payload, "updates[0].value"},
      {R"("updates":[{"value":1}])", payload, "updates[0].path"},
      {R"("updates":[{"path":7,"value":1}])", payload, "updates[0].path"},
      {R"("updates":[)" + good + R"(,{"path":"y"},{"path":""},5])", payload, "updates[1].value"},
      {R"("updates":[)" + good + R"(,{"path":"","value":1}])", path, "updates[1].path"},
      {R"("updates":[{"path":"x","value":1,"delete":true}])", payload, "updates[0].value"},
      {R"("updates":[{"path":"x","delete":false}])", payload, "updates[0].delete"},
      {R"("updates":[{"path":"x","value":)" + nested(65) + "}]", payload, "updates[0].value"},
      {R"("updates":[{"path":"x","value":[1e999]}])", payload, "updates[0].value"},
      {R"("updates":[)" + good + ',' + good + ']', payload, "updates holds the path x twice"},
      {R"("updates":[)" + good + R"(,{"path":"y","value":1},{"path":"\u0078","delete":true}])",
       payload, "updates holds the path x twice"},
      {R"("updates":[)" + good + R"(],"version":0)", payload, "version"},
      {R"("updates":[)" + good + R"(],"timestamp":0)", payload, "timestamp"},
      {R"("updates":[)" + good + R"(],"sourceTabId":0)", payload, "sourceTabId"},
      {R"("path":"x","value":1)", payload, "updates"},
  };
  for (const BadField& bad : cases) expect_refused(batch_event, bad);
}

TEST(ClientRefusal, FieldsOfARequest) {
  const std::vector<BadField> cases = {
      {R"("lastKnownVersion":"x")", payload, "lastKnownVersion"},
      {R"("lastKnownVersion":-1)", payload, "lastKnownVersion"},
      {R"("lastKnownVersion":1.5)", payload, "lastKnownVersion"},
      {R"("cursor":5)", payload, "cursor"},
      {R"("cursor":["x"])", payload, "cursor"},
      {R"("seen":5)", payload, "seen"},
      {R"("seen":{})", payload, "seen"},
      {R"("seen":[5])", payload, "seen[0]"},
      {R"("seen":["0000000000000001:5","x"])", payload, "seen[1]"},
      {R"("seen":["0000000000000001:0"])", payload, "seen[0]"},
      {R"("seen":["0000000000000001:05"])", payload, "seen[0]"},
      {R"("seen":["000000000000000A:5"])", payload, "seen[0]"},
      {R"("seen":[["0000000000000001:5"]])", payload, "seen[0]"},
      {R"("seen":[{}])", payload, "seen[0]"},
      {R"("want":"all")", payload, "want"},
      {R"("want":null)", payload, "want"},
      {R"("want":["full"])", payload, "want"},
  };
  for (const BadField& bad : cases) expect_refused(request_event, bad);
}

TEST(ClientRefusal, FieldsOfAuth) {
  expect_refused("auth", {"", payload, "token"});
  expect_refused("auth", {R"("token":5)", payload, "token"});
  expect_refused("auth", {R"("token":["x"])", payload, "token"});
}

TEST(ClientRefusal, UnknownEvents) {
  for (const char* event : {"dashboard.state.explode", "dashboard.state.sync", "auth.ok", "",
                            "dashboard.state.ack", "dashboard.state.full", "AUTH", "update"}) {
    const ErrorEvent error = refusal(envelope(event, R"({"path":5,"id":7})"));
    EXPECT_EQ(error.code, ErrorCode::unknown_event) << event;
    EXPECT_TRUE(error.message.starts_with("event")) << error.message;
    EXPECT_EQ(error.id, RequestId{"7"});
    EXPECT_FALSE(error.of_write);
  }
}

TEST(ClientRefusal, NotAnEnvelope) {
  const std::string update(update_event);
  const std::vector<std::string> frames = {
      "",
      " ",
      "{",
      "null",
      "5",
      "\"x\"",
      "[]",
      "{}",
      R"({"payload":{}})",
      R"({"event":5,"payload":{}})",
      R"({"event":null,"payload":{}})",
      R"({"event":{},"payload":{}})",
      R"({"event":")" + update + R"("})",
      envelope(update, "[]"),
      envelope(update, "\"x\""),
      envelope(update, "null"),
      "[" + envelope(request_event, "{}") + "]",
      envelope(request_event, "{}") + "x",
      envelope(request_event, "{}") + envelope(request_event, "{}"),
      envelope("dashboard.state.explode", "5"),
      R"({"event":"auth","payload":{},"payload":5})",
      R"({"event":"auth","event":5,"payload":{}})",
      std::string(100'000, '['),
      R"({"x":)" + std::string(100'000, '['),
      R"({"event":)" + nested(2000) + "}"};
  for (const std::string& frame : frames) {
    const ErrorEvent error = refusal(frame);
    EXPECT_EQ(error.code, ErrorCode::invalid_json) << frame.substr(0, 200);
    EXPECT_FALSE(error.id) << frame.substr(0, 200);
    EXPECT_FALSE(error.message.empty());
  }
}

TEST(ClientRefusal, LoneSurrogatesAreNotJson) {
  for (const char* value : {R"("\ud800")", R"(["x\udc00"])", R"({"\ud800":1})", R"("\ud800\u0041")",
                            R"("\udc00\ud800")"}) {
    for (const char* field : {"value", "path", "unknown", "id"}) {
      const ErrorEvent error = refusal(
          envelope(update_event, R"({"id":1,")" + std::string(field) + R"(":)" + value + "}"));
      EXPECT_EQ(error.code, ErrorCode::invalid_json) << value;
      EXPECT_FALSE(error.id);
    }
  }
}

TEST(ClientRefusal, TooDeepToReadOnIsStillAnInvalidPayload) {
  for (const std::string& event : {std::string(update_event), std::string(batch_event)}) {
    const ErrorEvent error =
        refusal(envelope(event, R"({"id":"x","value":)" + nested(30'000) + "}"));
    EXPECT_EQ(error.code, payload);
    EXPECT_EQ(error.id, RequestId{R"("x")"});
    EXPECT_TRUE(error.of_write);
    EXPECT_NE(error.message.find("value"), std::string::npos);
  }
}

TEST(ClientRefusal, AWriteThatIsNotJsonIsCountedAsOne) {
  EXPECT_TRUE(refusal(R"({"event":"dashboard.state.update","payload":{"path":x)").of_write);
  EXPECT_FALSE(refusal(R"({"event":"dashboard.state.request","payload":{x)").of_write);
}

}  // namespace
}  // namespace anabranch::wire
