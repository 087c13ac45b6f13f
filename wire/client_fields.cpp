#include "wire/client_fields.h"

#include "wire/canonical_json.h"
#include "wire/limits.h"
#include "wire/rfc3339.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace anabranch::wire {

namespace {

tl::unexpected<Refusal> refuse(std::string message, ErrorCode code = ErrorCode::invalid_payload) {
  return tl::unexpected<Refusal>(Refusal{code, std::move(message)});
}

bool is_missing(const Field& field) { return field.kind == JsonKind::missing; }

bool is_text(const Field& field, std::size_t max_bytes) {
  return field.kind == JsonKind::string && !field.text.empty() && field.text.size() <= max_bytes;
}

bool is_integer(const Field& field, double min, double max) {
  return field.kind == JsonKind::number && field.number >= min && field.number <= max &&
         field.number == std::trunc(field.number);
}

Judged<crdt::Path> judge_path(const Field& field) {
  if (is_missing(field)) return refuse("path is missing: it must be a string");
  if (field.kind != JsonKind::string) return refuse("path must be a string");
  auto path = crdt::Path::parse(field.text);
  if (!path) return refuse(std::move(path.error().message), ErrorCode::invalid_path);
  return *std::move(path);
}

Judged<crdt::Payload> judge_content(ValueField value, const Field& remove) {
  using Status = ValueField::Status;
  if (is_missing(remove)) {
    switch (value.status) {
      case Status::missing:
        return refuse("value is missing: a write has either value or delete");
      case Status::too_deep:
        return refuse("value is nested deeper than 64 levels");
      case Status::overflowed:
        return refuse("value holds a number that does not fit a double");
      case Status::fine:
        break;
    }
    return crdt::Payload{crdt::RecordKind::value, std::move(value.value)};
  }
  if (value.status != Status::missing) {
    return refuse("value and delete are both there: a write has exactly one of them");
  }
  if (remove.kind != JsonKind::boolean || !remove.boolean) return refuse("delete must be true");
  return crdt::Payload{crdt::RecordKind::tombstone, {}};
}

}  // namespace

Judged<crdt::Change> judge_change(ChangeFields fields) {
  auto path = judge_path(fields.path);
  if (!path) return tl::unexpected(std::move(path.error()));
  auto content = judge_content(std::move(fields.value), fields.remove);
  if (!content) return tl::unexpected(std::move(content.error()));
  return crdt::Change{*std::move(path), *std::move(content)};
}

void UpdatesField::add(ChangeFields fields) {
  if (!refusal) {
    auto change = judge_change(std::move(fields));
    if (change) {
      changes.push_back(*std::move(change));
    } else {
      refuse({change.error().code, "." + change.error().message});
    }
  }
  ++count;
}

void UpdatesField::add_other_than_object() {
  refuse({ErrorCode::invalid_payload, " must be an object with path and either value or delete"});
  ++count;
}

/// The first refusal counts; its message goes on after the item's name.
void UpdatesField::refuse(Refusal why) {
  if (refusal) return;
  why.message.insert(0, "updates[" + std::to_string(count) + ']');
  refusal = std::move(why);
}

Judged<std::vector<crdt::Change>> judge_updates(UpdatesField updates) {
  if (updates.kind == JsonKind::missing) {
    return refuse("updates is missing: it must be an array of changes");
  }
  if (updates.kind != JsonKind::array) return refuse("updates must be an array of changes");
  if (updates.refusal) return tl::unexpected(*std::move(updates.refusal));
  if (updates.changes.empty()) return refuse("updates is empty: it must hold at least one change");
  auto& changes = updates.changes;
  const auto before = [](const auto& left, const auto& right) { return left.path < right.path; };
  if (!std::is_sorted(changes.begin(), changes.end(), before)) {
    std::sort(changes.begin(), changes.end(), before);
  }
  const auto same = [](const auto& left, const auto& right) { return left.path == right.path; };
  const auto twice = std::adjacent_find(changes.begin(), changes.end(), same);
  if (twice != changes.end()) {
    return refuse("updates holds the path " + twice->path.text() +
                  " twice: paths must be distinct");
  }
  return std::move(changes);
}

Judged<std::optional<RequestId>> judge_id(const Field& field) {
  if (is_missing(field)) return std::nullopt;
  constexpr auto max_integer = static_cast<double>(crdt::max_version);
  RequestId id;
  if (is_text(field, max_id_bytes)) {
    append_json_string(id.json, field.text);
  } else if (is_integer(field, -max_integer, max_integer)) {
    append_json_number(id.json, field.number);
  } else {
    return refuse("id must be a string of 1 to 128 bytes or an integer");
  }
  return id;
}

Judged<std::optional<std::uint64_t>> judge_version(const Field& field) {
  if (is_missing(field)) return std::nullopt;
  if (!is_integer(field, 1, static_cast<double>(crdt::max_version))) {
    return refuse("version must be an integer from 1 to 9007199254740991");
  }
  return static_cast<std::uint64_t>(field.number);
}

Judged<std::optional<std::int64_t>> judge_timestamp(const Field& field) {
  if (is_missing(field)) return std::nullopt;
  const auto at = field.kind == JsonKind::string ? parse_rfc3339(field.text) : std::nullopt;
  if (!at) {
    return refuse(
        "timestamp must be an RFC 3339 date-time with a zone, such as 2026-01-31T12:00:00.000Z");
  }
  return at;
}

Judged<std::optional<std::string>> judge_tab(Field field) {
  if (is_missing(field)) return std::nullopt;
  if (!is_text(field, max_tab_bytes))
    return refuse("sourceTabId must be a string of 1 to 128 bytes");
  return std::move(field.text);
}

Judged<void> judge_last_known_version(const Field& field) {
  if (is_missing(field) || is_integer(field, 0, static_cast<double>(crdt::max_version))) return {};
  return refuse("lastKnownVersion must be an integer from 0 to 9007199254740991");
}

Judged<std::string> judge_cursor(Field field) {
  if (is_missing(field)) return std::string();
  if (field.kind != JsonKind::string) return refuse("cursor must be a string");
  return std::move(field.text);
}

void SeenField::add(const Field& field) {
  if (refusal) return;
  const auto dot = field.kind == JsonKind::string ? Dot::parse(field.text) : std::nullopt;
  if (!dot) {
    refusal = Refusal{ErrorCode::invalid_payload, "seen[" + std::to_string(dots.size()) +
                                                      "] must be a dot as the node sent it"};
  } else if (dots.size() == max_seen_dots) {
    refusal = Refusal{ErrorCode::invalid_payload,
                      "seen must hold at most " + std::to_string(max_seen_dots) + " dots"};
  } else {
    dots.push_back(*dot);
  }
}

Judged<std::vector<Dot>> judge_seen(SeenField seen) {
  if (seen.kind == JsonKind::missing) return {};
  if (seen.kind != JsonKind::array) return refuse("seen must be an array of dots");
  if (seen.refusal) return tl::unexpected(*std::move(seen.refusal));
  return std::move(seen.dots);
}

Judged<StateRequest::Want> judge_want(const Field& field) {
  if (is_missing(field)) return StateRequest::Want::unstated;
  if (field.kind == JsonKind::string) {
    if (field.text == "full") return StateRequest::Want::full;
    if (field.text == "delta") return StateRequest::Want::delta;
  }
  return refuse("want must be \"full\" or \"delta\"");
}

Judged<std::string> judge_token(Field field) {
  if (is_missing(field)) return refuse("token is missing: it must be a JSON Web Token");
  if (field.kind != JsonKind::string) return refuse("token must be a string");
  return std::move(field.text);
}

}  // namespace anabranch::wire
