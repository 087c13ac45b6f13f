#include "wire/client_fields.h"
#include "wire/client_frame_reader.h"
#include "wire/client_json.h"
#include "wire/json_parser.h"

#include <utility>

namespace anabranch::wire {

namespace {

/// How deep a frame may nest before reading it stops: far beyond what a value may, so that a
/// frame with a value that is too deep is still read to its end, and its id repeated.
constexpr std::size_t max_frame_depth = 1000;

constexpr std::string_view update_event = "dashboard.state.update";
constexpr std::string_view batch_event = "dashboard.state.batch";
constexpr std::string_view request_event = "dashboard.state.request";
constexpr std::string_view auth_event = "auth";

Judged<ClientMessage> judge_write(PayloadFields&& fields, bool is_batch) {
  WriteRequest write;
  write.is_batch = is_batch;
  auto id = judge_id(fields.id);
  if (!id) return tl::unexpected(std::move(id.error()));
  write.id = *std::move(id);
  if (is_batch) {
    auto changes = judge_updates(std::move(fields.updates));
    if (!changes) return tl::unexpected(std::move(changes.error()));
    write.changes = *std::move(changes);
  } else {
    auto change = judge_change(std::move(fields.change));
    if (!change) return tl::unexpected(std::move(change.error()));
    write.changes.push_back(*std::move(change));
  }
  auto version = judge_version(fields.version);
  if (!version) return tl::unexpected(std::move(version.error()));
  write.version = *version;
  auto timestamp = judge_timestamp(fields.timestamp);
  if (!timestamp) return tl::unexpected(std::move(timestamp.error()));
  write.timestamp_ms = *timestamp;
  auto tab = judge_tab(std::move(fields.tab));
  if (!tab) return tl::unexpected(std::move(tab.error()));
  write.tab = *std::move(tab);
  return write;
}

Judged<ClientMessage> judge_request(PayloadFields&& fields) {
  StateRequest request;
  if (auto version = judge_last_known_version(fields.last_known_version); !version) {
    return tl::unexpected(std::move(version.error()));
  }
  auto cursor = judge_cursor(std::move(fields.cursor));
  if (!cursor) return tl::unexpected(std::move(cursor.error()));
  request.cursor = *std::move(cursor);
  auto seen = judge_seen(std::move(fields.seen));
  if (!seen) return tl::unexpected(std::move(seen.error()));
  request.seen = *std::move(seen);
  auto want = judge_want(fields.want);
  if (!want) return tl::unexpected(std::move(want.error()));
  request.want = *want;
  return request;
}

Judged<ClientMessage> judge_auth(PayloadFields&& fields) {
  auto token = judge_token(std::move(fields.token));
  if (!token) return tl::unexpected(std::move(token.error()));
  return Auth{*std::move(token)};
}

Judged<ClientMessage> judge_envelope(FrameFields&& frame) {
  const auto refuse = [](ErrorCode code, std::string message) {
    return tl::unexpected<Refusal>(Refusal{code, std::move(message)});
  };
  if (frame.event.kind != JsonKind::string || frame.payload.kind != JsonKind::object) {
    return refuse(ErrorCode::invalid_json,
                  "a frame must be one JSON object with a string event and an object payload");
  }
  const std::string& event = frame.event.text;
  if (event == update_event) return judge_write(std::move(frame.payload), false);
  if (event == batch_event) return judge_write(std::move(frame.payload), true);
  if (event == request_event) return judge_request(std::move(frame.payload));
  if (event == auth_event) return judge_auth(std::move(frame.payload));
  return refuse(ErrorCode::unknown_event,
                "event must be auth, dashboard.state.update, dashboard.state.batch or "
                "dashboard.state.request");
}

/// What is no traceparent is as if it were not there: no write is refused for its trace.
Traceparent traceparent_of(const FrameFields& frame) {
  if (frame.traceparent.kind != JsonKind::string) return {};
  return Traceparent::parse(frame.traceparent.text).value_or(Traceparent());
}

Refusal unreadable(JsonVerdict verdict, bool inside_payload) {
  if (verdict == JsonVerdict::malformed) return {ErrorCode::invalid_json, "the frame is not JSON"};
  if (inside_payload) {
    return {ErrorCode::invalid_payload, "payload is nested too deep: a value may nest 64 levels"};
  }
  return {ErrorCode::invalid_json, "the frame is nested too deep"};
}

}  // namespace

tl::expected<ClientMessage, ErrorEvent> decode_client_frame(std::string_view frame) {
  // Of each I/O thread: its buffers, as large as the largest value so far, serve all its frames.
  thread_local CanonicalWriter writer;
  ClientFrameReader reader(writer);
  const JsonVerdict verdict = parse_json(frame, max_frame_depth, reader);
  FrameFields& fields = reader.fields();
  const Traceparent traceparent = traceparent_of(fields);
  ErrorEvent error;
  error.traceparent = traceparent;
  error.of_write = fields.event.kind == JsonKind::string &&
                   (fields.event.text == update_event || fields.event.text == batch_event);
  if (verdict != JsonVerdict::malformed) {
    if (auto id = judge_id(fields.payload.id)) error.id = *std::move(id);
  }
  auto judged = verdict == JsonVerdict::ok
                    ? judge_envelope(std::move(fields))
                    : tl::unexpected(unreadable(verdict, reader.inside_payload()));
  if (judged) {
    if (auto* write = std::get_if<WriteRequest>(&*judged)) write->traceparent = traceparent;
    return *std::move(judged);
  }
  error.code = judged.error().code;
  error.message = std::move(judged.error().message);
  return tl::unexpected(std::move(error));
}

}  // namespace anabranch::wire
