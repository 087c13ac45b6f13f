// Client frames, through envelope, validation and a replica to the answers.
//
// The input is lines. A line is a frame of session 1; a digit before it names another session: the
// odd ones are alice's, the even ones bob's. These lines make other things happen:
//     #  a second passes and the disk works        !  the next commit fails and is lost
//     ?  the next commit fails and is found later

#include "tests/fuzz/json.h"
#include "tests/fuzz/replica_world.h"
#include "tests/fuzz/require.h"
#include "wire/canonical_json.h"
#include "wire/client_json.h"
#include "wire/rfc3339.h"

#include <array>
#include <deque>
#include <string>
#include <utility>
#include <variant>

namespace anabranch::fuzz {

namespace {

using cluster::ClientWrite;
using std::string_literals::operator""s;

/// Few and small, so that inputs of a few lines meet them.
cluster::ReplicaOptions narrow_limits() {
  cluster::ReplicaOptions options;
  options.state.bytes = 2000;
  options.state.paths = 20;
  options.updates_per_minute = 60;
  options.update_burst = 40;
  options.document_cache_bytes = 1000;
  return options;
}

std::string json_string(std::string_view text) {
  std::string out;
  wire::append_json_string(out, text);
  return out;
}

std::string content_of(const crdt::Change& change) {
  std::string out = "\"path\":" + json_string(change.path.text());
  if (change.payload.kind == crdt::RecordKind::tombstone) return out + ",\"delete\":true";
  return out + ",\"value\":" + std::string(change.payload.value.text());
}

/// The frame that a plain client would send for this write.
std::string frame_of(const wire::WriteRequest& write) {
  std::string out = write.is_batch ? R"({"event":"dashboard.state.batch","payload":{"updates":[)"s
                                   : R"({"event":"dashboard.state.update","payload":{)"s;
  for (const crdt::Change& change : write.changes) {
    if (&change != &write.changes.front()) out += ',';
    out += write.is_batch ? '{' + content_of(change) + '}' : content_of(change);
  }
  if (write.is_batch) out += ']';
  if (write.version) out += ",\"version\":" + std::to_string(*write.version);
  if (write.timestamp_ms) {
    out += ",\"timestamp\":" + json_string(wire::format_rfc3339(*write.timestamp_ms));
  }
  if (write.tab) out += ",\"sourceTabId\":" + json_string(*write.tab);
  if (write.id) out += ",\"id\":" + write.id->json;
  out += '}';
  if (!write.traceparent.empty()) {
    out += ",\"traceparent\":" + json_string(write.traceparent.text());
  }
  return out + '}';
}

bool same(const wire::WriteRequest& left, const wire::WriteRequest& right) {
  return left.changes == right.changes && left.is_batch == right.is_batch &&
         left.version == right.version && left.timestamp_ms == right.timestamp_ms &&
         left.tab == right.tab && left.id == right.id && left.traceparent == right.traceparent;
}

/// What a node has understood of a frame can be said in a frame that means the same.
void check_again(const wire::WriteRequest& write) {
  const auto again = wire::decode_client_frame(frame_of(write));
  FUZZ_REQUIRE(again && std::holds_alternative<wire::WriteRequest>(*again));
  FUZZ_REQUIRE(same(write, std::get<wire::WriteRequest>(*again)));
}

/// Another parser must agree on what is JSON; its numbers have other bounds, and it takes half a
/// surrogate pair for text.
void check_verdict(std::string_view frame,
                   const tl::expected<wire::ClientMessage, wire::ErrorEvent>& decoded) {
  const auto other = read_json(frame).error();
  if (decoded) FUZZ_REQUIRE(is_json(other));
  if (other != simdjson::SUCCESS || frame.find("\\u") != std::string_view::npos) return;
  FUZZ_REQUIRE(decoded || decoded.error().message != "the frame is not JSON");
}

/// Several sessions of two users at one node.
class Node {
 public:
  Node() : world_(narrow_limits(), [this](const auto& effect) { hear(effect); }) {}

  void take_line(std::string_view line) {
    if (line == "#") return let_time_pass();
    if (line == "!") return world_.fail_next_commit(storage::FailedCommit::lost);
    if (line == "?") return world_.fail_next_commit(storage::FailedCommit::found_later);
    std::size_t session = 1;
    if (!line.empty() && line.front() >= '0' && line.front() <= '9') {
      session = static_cast<std::size_t>(line.front() - '0');
      line.remove_prefix(1);
    }
    take_frame(session, line);
  }

  void finish() {
    world_.check();
    for (const auto& waiting : waiting_) FUZZ_REQUIRE(waiting.empty());
  }

 private:
  static UserId user_of(std::size_t session) { return session % 2 == 1 ? "alice" : "bob"; }

  void let_time_pass() {
    world_.pass(1000);
    world_.settle();
  }

  void take_frame(std::size_t session, std::string_view frame) {
    auto decoded = wire::decode_client_frame(frame);
    check_verdict(frame, decoded);
    if (decoded && std::holds_alternative<wire::Auth>(*decoded)) return;
    waiting_[session].push_back(id_of(decoded));
    world_.step(input_of(session, std::move(decoded)));
  }

  static std::optional<wire::RequestId> id_of(
      const tl::expected<wire::ClientMessage, wire::ErrorEvent>& decoded) {
    if (!decoded) return decoded.error().id;
    const auto* write = std::get_if<wire::WriteRequest>(&*decoded);
    return write ? write->id : std::nullopt;
  }

  cluster::Input input_of(std::size_t session,
                          tl::expected<wire::ClientMessage, wire::ErrorEvent> decoded) {
    if (!decoded) return cluster::ClientAnswer{{session}, user_of(session), decoded.error()};
    if (auto* write = std::get_if<wire::WriteRequest>(&*decoded)) {
      check_again(*write);
      if (!write->tab) write->tab = "tab-" + std::to_string(session);
      return ClientWrite{{session}, user_of(session), std::move(*write)};
    }
    const auto& request = std::get<wire::StateRequest>(*decoded);
    cluster::ClientRequest input;
    input.session = {session};
    input.user = user_of(session);
    input.want = request.want;
    // A cursor of the right form cannot be guessed: the node's last one stands for some of them.
    const std::string& cursor = request.cursor == "last" ? last_cursor_ : request.cursor;
    if (!cursor.empty()) input.cursor = cursors_.open(cursor);
    input.cursor_is_authentic = cursors_.is_authentic();
    input.seen = request.seen;
    return input;
  }

  void hear(const cluster::Effect& effect) {
    if (const auto* answer = std::get_if<cluster::Answer>(&effect)) {
      auto& waiting = waiting_.at(answer->session.value);
      FUZZ_REQUIRE(!waiting.empty());
      const auto id = std::move(waiting.front());
      waiting.pop_front();
      for (const wire::ClientEvent& event : answer->events) check_answer(event, id);
    } else if (const auto* deliver = std::get_if<cluster::Deliver>(&effect)) {
      for (const wire::ClientEvent& event : deliver->events) check_event(event);
    } else if (const auto* notify = std::get_if<cluster::Notify>(&effect)) {
      check_event(notify->event);
    }
  }

  /// Acks and errors carry the id of the frame that they answer, and answers keep its place.
  void check_answer(const wire::ClientEvent& event, const std::optional<wire::RequestId>& id) {
    check_event(event);
    if (const auto* ack = std::get_if<wire::Ack>(&event)) FUZZ_REQUIRE(ack->id == id);
    if (const auto* error = std::get_if<wire::ErrorEvent>(&event)) FUZZ_REQUIRE(error->id == id);
  }

  void check_event(const wire::ClientEvent& event) {
    const std::string frame = wire::encode(event, cursors_);
    const auto json = read_json(frame);
    FUZZ_REQUIRE(is_json(json.error()));
    if (json.error() != simdjson::SUCCESS) return;
    FUZZ_REQUIRE(json["event"].is_string() && json["payload"].is_object());
    std::string_view traceparent;
    if (json["traceparent"].get(traceparent) == simdjson::SUCCESS) {
      FUZZ_REQUIRE(wire::Traceparent::parse(traceparent)->text() == traceparent);
    }
    std::string_view cursor;
    if (json["payload"]["cursor"].get(cursor) == simdjson::SUCCESS) last_cursor_ = cursor;
  }

  wire::CursorCodec cursors_{{"a secret of the cluster"}, "fuzz"};
  std::string last_cursor_;
  std::array<std::deque<std::optional<wire::RequestId>>, 10> waiting_;  ///< frames to be answered
  ReplicaWorld world_;
};

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  fuzz::Node node;
  for (std::string_view rest = fuzz::text_of(data, size); !rest.empty();) {
    node.take_line(fuzz::take_until(rest, '\n'));
  }
  node.finish();
  return 0;
}
