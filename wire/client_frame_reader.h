#pragma once

#include "wire/canonical_writer.h"
#include "wire/client_fields.h"
#include "wire/json_parser.h"

#include <cstddef>
#include <string_view>

namespace anabranch::wire {

/// The fields that any event's payload may have; which of them count depends on the event.
struct PayloadFields {
  JsonKind kind = JsonKind::missing;
  ChangeFields change;
  UpdatesField updates;
  SeenField seen;
  Field version, timestamp, tab, id;
  Field last_known_version, cursor, want;
  Field token;
};

struct FrameFields {
  Field event;
  Field traceparent;
  PayloadFields payload;
};

/// Reads a client's frame in one pass into neutral fields, values straight into their canonical
/// form, without a tree of the JSON between. The event's name may come after the payload and of
/// duplicate fields the last counts, so nothing that depends on another field is judged here.
class ClientFrameReader final : public JsonSink {
 public:
  /// `writer` outlives the reader.
  explicit ClientFrameReader(CanonicalWriter& writer) : writer_(writer) {}

  void begin_document() override;
  void begin_object() override;
  void end_object() override;
  void begin_array() override;
  void end_array() override;
  void key(std::string_view text) override;
  void string(std::string_view text) override;
  void number(double value) override;
  void boolean(bool value) override;
  void null() override;

  FrameFields& fields() { return fields_; }

  /// Where the reading stopped: true inside the payload.
  bool inside_payload() const;

 private:
  /// Where the next thing told belongs.
  enum class Place { document, envelope, payload, updates, item, seen, value, ignored };
  /// Fields by name, of all places.
  enum class Name {
    other,
    event,
    payload,
    traceparent,
    path,
    value,
    remove,
    updates,
    seen,
    version,
    timestamp,
    tab,
    id,
    last_known_version,
    cursor,
    want,
    token,
  };
  static Name name_of(Place place, std::string_view key);

  bool at_value() const;
  bool writes_value() const { return place_ == Place::value && !too_deep_; }
  Place place_inside(JsonKind kind) const;
  void enter_container(JsonKind kind);
  void leave_container();
  template <class Write>
  bool goes_to_value(Write write);
  void take(Field field);
  Field* payload_field();
  void begin_value();
  void end_value();

  Place place_ = Place::document;
  Place outer_ = Place::document;  ///< where a value or something ignored stands
  Name name_ = Name::other;        ///< of the field that comes next
  std::size_t depth_ = 0;          ///< inside a value or something ignored
  FrameFields fields_;
  ChangeFields item_;
  CanonicalWriter& writer_;
  bool too_deep_ = false;
};

}  // namespace anabranch::wire
