#include "wire/canonical_json.h"
#include "wire/client_json.h"
#include "wire/rfc3339.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace anabranch::wire {

namespace {

/// Room for the fields of a change besides its path and value.
constexpr std::size_t change_overhead_bytes = 192;

/// A member's name as it stands in an object: `,"name":`, made at compile time.
class Key {
 public:
  template <std::size_t size>
  consteval Key(const char (&name)[size]) : size_(size + 3) {  // in place of the final NUL: 4 more
    text_[0] = ',';
    text_[1] = '"';
    for (std::size_t i = 0; i + 1 < size; ++i) text_[i + 2] = name[i];
    text_[size + 1] = '"';
    text_[size + 2] = ':';
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 24> text_{};
  std::size_t size_;
};

/// Appends the members of one JSON object, in the order of the calls.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  void text(const Key& name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  template <class Integer>
  void integer(const Key& name, Integer value) {
    key(name);
    std::array<char, 20> digits;
    const auto written = std::to_chars(digits.begin(), digits.end(), value);
    out_.append(digits.data(), written.ptr);
  }
  void boolean(const Key& name, bool value) { json(name, value ? "true" : "false"); }
  void time(const Key& name, std::int64_t unix_ms) {
    key(name);
    out_ += '"';
    append_rfc3339(out_, unix_ms);
    out_ += '"';
  }
  void dot(const std::optional<Dot>& value) {
    if (!value) return;
    key("dot");
    out_ += '"';
    value->append_to(out_);
    out_ += '"';
  }
  void path(const crdt::Path& value) {
    key("path");
    out_ += '"';
    const std::size_t begin = out_.size();
    value.append_text(out_);
    const std::string_view text = std::string_view(out_).substr(begin);
    if (unescaped_prefix(text) < text.size()) {
      const std::string unescaped(text);
      out_.resize(begin - 1);
      append_json_string(out_, unescaped);
    } else {
      out_ += '"';
    }
  }
  /// JSON that is ready to be spliced in.
  void json(const Key& name, std::string_view value) {
    key(name);
    out_ += value;
  }
  /// The caller appends the member's value to the text.
  void key(const Key& name) { out_ += name.text().substr(out_.back() == '{' ? 1 : 0); }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

void write_stamp(ObjectWriter& object, const crdt::Stamp& stamp) {
  object.integer("version", stamp.version);
  object.time("timestamp", stamp.timestamp_ms);
  object.text("sourceTabId", stamp.tab);
}

/// False for a kind that this version does not know: there is nothing to show of it. Callers leave
/// such records out; one that comes all the same is written without `value` and `delete`.
bool is_shown(const crdt::Payload& payload) {
  return payload.kind == crdt::RecordKind::value || payload.kind == crdt::RecordKind::tombstone;
}

void write_change(ObjectWriter& object, const crdt::Path& path, const crdt::Payload& payload) {
  object.path(path);
  if (payload.kind == crdt::RecordKind::value) {
    object.json("value", payload.value.text());
  } else if (payload.kind == crdt::RecordKind::tombstone) {
    object.boolean("delete", true);
  }
}

void write_record(std::string& out, const SyncedRecord& record) {
  ObjectWriter object(out);
  write_change(object, record.path, record.payload);
  write_stamp(object, record.stamp);
  object.dot(record.dot);
  object.end();
}

template <class Items, class Write>
void write_array(std::string& out, const Items& items, Write write) {
  out += '[';
  for (const auto& item : items) {
    if (!is_shown(item.payload)) continue;
    if (out.back() != '[') out += ',';
    write(item);
  }
  out += ']';
}

template <class Items>
std::size_t size_of(const Items& items) {
  std::size_t bytes = 0;
  for (const auto& item : items) {
    bytes += change_overhead_bytes + item.path.key().size() + item.payload.value.text().size();
  }
  return bytes;
}

/// Writes the payload of each event, and knows its name and about its size.
class PayloadWriter {
 public:
  PayloadWriter(std::string& out, const CursorCodec& cursors) : out_(out), cursors_(cursors) {}

  void operator()(const AuthOk& auth) {
    begin("auth.ok", 512);
    ObjectWriter object(out_);
    object.text("userId", auth.user);
    object.text("node", auth.node);
    object.text("region", auth.region);
    object.time("expiresAt", auth.expires_at_ms);
    object.time("time", auth.time_ms);
    object.key("limits");
    ObjectWriter limits(out_);
    limits.integer("updatesPerMinute", auth.limits.updates_per_minute);
    limits.integer("burst", auth.limits.burst);
    limits.integer("maxUpdateBytes", auth.limits.max_update_bytes);
    limits.end();
    object.end();
  }

  void operator()(const ErrorEvent& error) {
    begin("dashboard.state.error", 128 + error.message.size());
    ObjectWriter object(out_);
    object.text("code", to_string(error.code));
    object.text("message", error.message);
    if (error.id) object.json("id", error.id->json);
    if (error.retry_after_ms) object.integer("retryAfterMs", *error.retry_after_ms);
    object.end();
  }

  void operator()(const Ack& ack) {
    begin("dashboard.state.ack", 256 + ack.id.json.size());
    ObjectWriter object(out_);
    object.json("id", ack.id.json);
    object.boolean("applied", ack.applied);
    object.integer("version", ack.version);
    object.time("timestamp", ack.timestamp_ms);
    object.text("durability", ack.durability == Durability::local ? "local" : "replicated");
    object.dot(ack.dot);
    object.end();
  }

  void operator()(const Sync& sync) {
    begin("dashboard.state.sync", change_overhead_bytes + sync.record.payload.value.text().size());
    write_record(out_, sync.record);
    write_traceparent(sync.traceparent);
  }

  void operator()(const BatchSync& batch) {
    begin("dashboard.state.batch", change_overhead_bytes + size_of(batch.changes));
    ObjectWriter object(out_);
    object.key("updates");
    write_array(out_, batch.changes, [this](const crdt::Change& change) {
      ObjectWriter item(out_);
      write_change(item, change.path, change.payload);
      item.end();
    });
    write_stamp(object, batch.stamp);
    object.dot(batch.dot);
    object.end();
    write_traceparent(batch.traceparent);
  }

  void operator()(const Full& full) {
    begin("dashboard.state.full", 512 + full.state.size());
    ObjectWriter object(out_);
    object.json("state", full.state);
    write_position(object, full.position);
    object.end();
  }

  void operator()(const Delta& delta) {
    begin("dashboard.state.delta", 512 + size_of(delta.changes));
    ObjectWriter object(out_);
    object.key("changes");
    write_array(out_, delta.changes,
                [this](const SyncedRecord& record) { write_record(out_, record); });
    object.boolean("complete", delta.complete);
    write_position(object, delta.position);
    object.end();
  }

 private:
  void begin(std::string_view event, std::size_t payload_bytes) {
    out_.reserve(out_.size() + 64 + payload_bytes);
    out_ += R"({"event":")";
    out_ += event;
    out_ += R"(","payload":)";
  }

  /// Beside the payload that has just been written.
  void write_traceparent(const Traceparent& traceparent) {
    if (traceparent.empty()) return;
    out_ += R"(,"traceparent":")";
    out_ += traceparent.text();
    out_ += '"';
  }

  void write_position(ObjectWriter& object, const Position& position) {
    object.integer("version", position.version);
    object.text("cursor", cursors_.seal(position.vector, position.generation));
    object.boolean("behind", position.behind);
  }

  std::string& out_;
  const CursorCodec& cursors_;
};

}  // namespace

std::string encode(const ClientEvent& event, const CursorCodec& cursors) {
  std::string out;
  encode_to(out, event, cursors);
  return out;
}

void encode_to(std::string& out, const ClientEvent& event, const CursorCodec& cursors) {
  std::visit(PayloadWriter(out, cursors), event);
  out += '}';
}

}  // namespace anabranch::wire
