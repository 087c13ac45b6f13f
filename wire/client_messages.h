#pragma once

#include "base/ids.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"
#include "wire/traceparent.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The client protocol's envelopes as values. wire/client_json.h reads and writes them as JSON.

namespace anabranch::wire {

/// What a client calls one of its frames; acks and errors repeat it as it came.
struct RequestId {
  std::string json;  ///< a JSON string or integer, ready to be spliced into an answer
  bool operator==(const RequestId&) const = default;
};

// ---- client → node

struct Auth {
  std::string token;
};

/// `dashboard.state.update` and `dashboard.state.batch`.
struct WriteRequest {
  std::vector<crdt::Change> changes;  ///< in path order, distinct, at least one
  bool is_batch = false;
  std::optional<std::uint64_t> version;
  std::optional<std::int64_t> timestamp_ms;
  std::optional<std::string> tab;
  std::optional<RequestId> id;
  Traceparent traceparent = {};  ///< empty where the write is not traced
};

/// `dashboard.state.request`.
struct StateRequest {
  enum class Want { unstated, full, delta };
  Want want = Want::unstated;
  std::string cursor;  ///< as it came; empty: none
  std::vector<Dot> seen;
};

using ClientMessage = std::variant<Auth, WriteRequest, StateRequest>;

enum class ErrorCode {
  invalid_json,
  invalid_payload,
  invalid_path,
  unknown_event,
  payload_too_large,
  version_ahead,
  too_old,
  rate_limited,
  state_limit,
  unauthenticated,
  unavailable,
};

/// The code as clients see it.
std::string_view to_string(ErrorCode code);

// ---- node → client

struct ErrorEvent {
  ErrorCode code = ErrorCode::invalid_json;
  std::string message;
  std::optional<RequestId> id;
  std::optional<std::int64_t> retry_after_ms;
  /// The refused frame was an update or a batch; for counting alone, not sent.
  bool of_write = false;
  Traceparent traceparent = {};  ///< of the refused frame; for the log alone, not sent
};

struct Limits {
  std::uint64_t updates_per_minute = 0;
  std::uint64_t burst = 0;
  std::uint64_t max_update_bytes = 0;
};

struct AuthOk {
  UserId user;
  std::string node;
  std::string region;
  std::int64_t expires_at_ms = 0;
  std::int64_t time_ms = 0;
  Limits limits;
};

enum class Durability { local, replicated };

struct Ack {
  RequestId id;
  bool applied = true;
  std::uint64_t version = 0;
  std::int64_t timestamp_ms = 0;
  Durability durability = Durability::local;
  std::optional<Dot> dot;
};

/// One standing record as a client learns of it.
struct SyncedRecord {
  crdt::Path path;
  crdt::Stamp stamp;
  crdt::Payload payload;
  std::optional<Dot> dot;  ///< missing where the node's own vector does not cover it
};

/// `dashboard.state.sync`.
struct Sync {
  SyncedRecord record;
  Traceparent traceparent = {};  ///< stands beside `payload`, where the write had one
};

/// `dashboard.state.batch`, node → client: those changes that won, under one stamp and dot.
struct BatchSync {
  crdt::Stamp stamp;
  std::optional<Dot> dot;
  std::vector<crdt::Change> changes;
  Traceparent traceparent = {};
};

/// What every answer to a request tells of its place in history.
struct Position {
  std::uint64_t version = 0;
  crdt::VersionVector vector;  ///< becomes the cursor, with `generation`
  bool behind = false;
  std::uint64_t generation = 0;  ///< of repairs of the user's state
};

struct Full {
  std::string state;  ///< the materialised state, JSON
  Position position;
};

struct Delta {
  std::vector<SyncedRecord> changes;  ///< in path order
  bool complete = false;
  Position position;
};

using ClientEvent = std::variant<AuthOk, ErrorEvent, Ack, Sync, BatchSync, Full, Delta>;

}  // namespace anabranch::wire
