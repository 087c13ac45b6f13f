#include "wire/client_frame_reader.h"

#include "wire/limits.h"

#include <utility>

namespace anabranch::wire {

void ClientFrameReader::begin_document() {
  if (fields_.payload.kind != JsonKind::missing) fields_.payload = {};
  fields_.event = fields_.traceparent = {};
  place_ = outer_ = Place::document;
}

void ClientFrameReader::begin_object() {
  enter_container(JsonKind::object);
  if (writes_value()) writer_.begin_object();
}

void ClientFrameReader::end_object() {
  if (writes_value()) writer_.end_object();
  leave_container();
}

void ClientFrameReader::begin_array() {
  enter_container(JsonKind::array);
  if (writes_value()) writer_.begin_array();
}

void ClientFrameReader::end_array() {
  if (writes_value()) writer_.end_array();
  leave_container();
}

void ClientFrameReader::key(std::string_view text) {
  if (writes_value()) {
    writer_.key(text);
  } else if (place_ != Place::value && place_ != Place::ignored) {
    name_ = name_of(place_, text);
  }
}

void ClientFrameReader::string(std::string_view text) {
  if (goes_to_value([text](CanonicalWriter& writer) { writer.string(text); })) return;
  take({.kind = JsonKind::string, .text = std::string(text)});
}

void ClientFrameReader::number(double value) {
  if (goes_to_value([value](CanonicalWriter& writer) { writer.number(value); })) return;
  take({.kind = JsonKind::number, .number = value});
}

void ClientFrameReader::boolean(bool value) {
  if (goes_to_value([value](CanonicalWriter& writer) { writer.boolean(value); })) return;
  take({.kind = JsonKind::boolean, .boolean = value});
}

void ClientFrameReader::null() {
  if (goes_to_value([](CanonicalWriter& writer) { writer.null(); })) return;
  take({.kind = JsonKind::null});
}

bool ClientFrameReader::inside_payload() const {
  const bool in_field = place_ == Place::value || place_ == Place::ignored;
  const Place place = in_field ? outer_ : place_;
  return place != Place::document && place != Place::envelope;
}

ClientFrameReader::Name ClientFrameReader::name_of(Place place, std::string_view key) {
  struct Known {
    Place place;
    std::string_view key;
    Name name;
  };
  static constexpr Known known[] = {
      {Place::envelope, "event", Name::event},
      {Place::envelope, "payload", Name::payload},
      {Place::envelope, "traceparent", Name::traceparent},
      {Place::payload, "path", Name::path},
      {Place::payload, "value", Name::value},
      {Place::payload, "delete", Name::remove},
      {Place::payload, "updates", Name::updates},
      {Place::payload, "seen", Name::seen},
      {Place::payload, "version", Name::version},
      {Place::payload, "timestamp", Name::timestamp},
      {Place::payload, "sourceTabId", Name::tab},
      {Place::payload, "id", Name::id},
      {Place::payload, "lastKnownVersion", Name::last_known_version},
      {Place::payload, "cursor", Name::cursor},
      {Place::payload, "want", Name::want},
      {Place::payload, "token", Name::token},
      {Place::item, "path", Name::path},
      {Place::item, "value", Name::value},
      {Place::item, "delete", Name::remove},
  };
  for (const Known& field : known) {
    if (field.place == place && field.key == key) return field.name;
  }
  return Name::other;
}

bool ClientFrameReader::at_value() const {
  return name_ == Name::value && (place_ == Place::payload || place_ == Place::item);
}

/// Where the content of an array or object that begins now belongs.
ClientFrameReader::Place ClientFrameReader::place_inside(JsonKind kind) const {
  const bool is_object = kind == JsonKind::object;
  switch (place_) {
    case Place::value:
      return Place::value;
    case Place::document:
      return is_object ? Place::envelope : Place::ignored;
    case Place::envelope:
      return is_object && name_ == Name::payload ? Place::payload : Place::ignored;
    case Place::payload:
      if (!is_object && name_ == Name::updates) return Place::updates;
      if (!is_object && name_ == Name::seen) return Place::seen;
      return Place::ignored;
    case Place::updates:
      return is_object ? Place::item : Place::ignored;
    case Place::item:
    case Place::seen:
    case Place::ignored:
      break;
  }
  return Place::ignored;
}

void ClientFrameReader::enter_container(JsonKind kind) {
  if (at_value()) begin_value();
  const Place inside = place_inside(kind);
  if (inside == Place::item) {
    item_ = {};
  } else if (place_ != Place::value && place_ != Place::ignored) {
    take({.kind = kind});
  }
  if (inside == Place::ignored && place_ != Place::ignored) {
    outer_ = place_;
    depth_ = 0;
  }
  place_ = inside;
  if (place_ == Place::value || place_ == Place::ignored) ++depth_;
  if (place_ == Place::value && depth_ > max_value_depth) too_deep_ = true;
}

void ClientFrameReader::leave_container() {
  switch (place_) {
    case Place::document:
      break;
    case Place::envelope:
      place_ = Place::document;
      break;
    case Place::payload:
      place_ = Place::envelope;
      break;
    case Place::updates:
    case Place::seen:
      place_ = Place::payload;
      break;
    case Place::item:
      fields_.payload.updates.add(std::move(item_));
      place_ = Place::updates;
      break;
    case Place::value:
      if (--depth_ == 0) end_value();
      break;
    case Place::ignored:
      if (--depth_ == 0) place_ = outer_;
      break;
  }
}

/// Hands a scalar to the value that it is or is part of; true when nothing else is to be done.
template <class Write>
bool ClientFrameReader::goes_to_value(Write write) {
  if (place_ == Place::ignored) return true;
  if (place_ == Place::value) {
    if (writes_value()) write(writer_);
    return true;
  }
  if (!at_value()) return false;
  begin_value();
  write(writer_);
  end_value();
  return true;
}

/// Notes a field; an array or object by its kind alone.
void ClientFrameReader::take(Field field) {
  PayloadFields& payload = fields_.payload;
  switch (place_) {
    case Place::envelope:
      if (name_ == Name::event) {
        fields_.event = std::move(field);
      } else if (name_ == Name::traceparent) {
        fields_.traceparent = std::move(field);
      } else if (name_ == Name::payload) {
        if (payload.kind != JsonKind::missing) payload = {};
        payload.kind = field.kind;
      }
      break;
    case Place::payload:
      if (name_ == Name::updates) {
        payload.updates = {};
        payload.updates.kind = field.kind;
      } else if (name_ == Name::seen) {
        payload.seen = {};
        payload.seen.kind = field.kind;
      } else if (Field* known = payload_field()) {
        *known = std::move(field);
      }
      break;
    case Place::updates:
      payload.updates.add_other_than_object();
      break;
    case Place::item:
      if (name_ == Name::path) {
        item_.path = std::move(field);
      } else if (name_ == Name::remove) {
        item_.remove = std::move(field);
      }
      break;
    case Place::seen:
      payload.seen.add(field);
      break;
    case Place::document:
    case Place::value:
    case Place::ignored:
      break;
  }
}

Field* ClientFrameReader::payload_field() {
  PayloadFields& payload = fields_.payload;
  switch (name_) {
    case Name::path:
      return &payload.change.path;
    case Name::remove:
      return &payload.change.remove;
    case Name::version:
      return &payload.version;
    case Name::timestamp:
      return &payload.timestamp;
    case Name::tab:
      return &payload.tab;
    case Name::id:
      return &payload.id;
    case Name::last_known_version:
      return &payload.last_known_version;
    case Name::cursor:
      return &payload.cursor;
    case Name::want:
      return &payload.want;
    case Name::token:
      return &payload.token;
    default:
      return nullptr;
  }
}

void ClientFrameReader::begin_value() {
  outer_ = std::exchange(place_, Place::value);
  depth_ = 0;
  too_deep_ = false;
  writer_.begin_document();
}

void ClientFrameReader::end_value() {
  using Status = ValueField::Status;
  place_ = outer_;
  ValueField& value = place_ == Place::item ? item_.value : fields_.payload.change.value;
  value.status = too_deep_              ? Status::too_deep
                 : writer_.overflowed() ? Status::overflowed
                                        : Status::fine;
  value.value = value.status == Status::fine ? crdt::Value(writer_.text()) : crdt::Value();
}

}  // namespace anabranch::wire
