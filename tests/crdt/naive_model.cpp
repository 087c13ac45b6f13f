#include "naive_model.h"

#include "naive_json.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <tuple>

namespace anabranch::crdt::testing {

namespace json = boost::json;

namespace {

// Stands in an array where an element was deleted. No generated value holds this text.
const json::value hole = "\x01 a deleted element";

std::vector<unsigned char> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Version first, then time, then the tab's bytes.
auto order_of(const Stamp& stamp) {
  return std::tuple(stamp.version, stamp.timestamp_ms, bytes_of(stamp.tab));
}

/// A delete is lowest; values and what newer versions may know compare by kind, then by bytes.
auto order_of(const Payload& payload) {
  return std::tuple(payload.kind != RecordKind::tombstone, static_cast<int>(payload.kind),
                    bytes_of(payload.value.text()));
}

bool dominates(const Put& upper, const Put& lower) {
  if (!is_prefix(upper.path, lower.path)) return false;
  const auto greater = order_of(upper.record.stamp);
  const auto less = order_of(lower.record.stamp);
  if (greater != less) return greater > less;
  return upper.path == lower.path &&
         order_of(upper.record.payload) > order_of(lower.record.payload);
}

bool is_same_write(const Put& left, const Put& right) {
  return left.path == right.path && order_of(left.record.stamp) == order_of(right.record.stamp) &&
         order_of(left.record.payload) == order_of(right.record.payload);
}

void lay(json::value& place, const Segments& path, std::size_t depth, const json::value& content) {
  if (depth == path.size()) {
    place = content;
    return;
  }
  const std::string& segment = path[depth];
  if (json::array* array = place.if_array()) {
    const auto index = small_index(segment);
    if (index && *index <= array->size()) {
      if (*index == array->size()) array->push_back(hole);
      return lay((*array)[*index], path, depth + 1, content);
    }
  }
  if (!place.is_object()) place = json::object();
  lay(place.get_object()[segment], path, depth + 1, content);
}

void remove(json::value& state, const Segments& path) {
  if (!look_up(state, path)) return;
  const Segments parent_path(path.begin(), path.end() - 1);
  auto& parent = const_cast<json::value&>(*look_up(state, parent_path));
  if (json::object* object = parent.if_object()) {
    object->erase(path.back());
  } else {
    parent.get_array()[*small_index(path.back())] = hole;
  }
}

void fill_holes(json::value& value) {
  if (json::object* object = value.if_object()) {
    for (auto& member : *object) fill_holes(member.value());
  } else if (json::array* array = value.if_array()) {
    while (!array->empty() && array->back() == hole) array->pop_back();
    for (json::value& element : *array) fill_holes(element);
  } else if (value == hole) {
    value = nullptr;
  }
}

}  // namespace

Verdict NaiveModel::verdict(const Put& put) const {
  Verdict verdict = Verdict::wins;
  for (const Put& other : seen_) {
    if (dominates(other, put)) return Verdict::loses;
    if (is_same_write(other, put)) verdict = Verdict::repeated;
  }
  return verdict;
}

History NaiveModel::standing() const {
  History standing;
  for (const Put& put : seen_) {
    const bool stands = std::none_of(seen_.begin(), seen_.end(), [&](const Put& other) {
      return dominates(other, put) ||
             (is_same_write(other, put) && other.record.dot < put.record.dot);
    });
    const bool listed = std::any_of(standing.begin(), standing.end(),
                                    [&](const Put& other) { return is_same_write(other, put); });
    if (stands && !listed) standing.push_back(put);
  }
  std::sort(standing.begin(), standing.end(),
            [](const Put& left, const Put& right) { return segments_less(left.path, right.path); });
  return standing;
}

History NaiveModel::standing_dominators(const Put& put) const {
  History found;
  for (const Put& other : standing()) {
    if (dominates(other, put)) found.push_back(other);
  }
  return found;
}

History NaiveModel::standing_below(const Segments& path) const {
  History found;
  for (const Put& other : standing()) {
    if (is_prefix(path, other.path) && other.path != path) found.push_back(other);
  }
  return found;
}

bool NaiveModel::ancestor_value_holds(const Segments& path) const {
  for (const Put& other : standing()) {
    if (!is_prefix(other.path, path) || other.path == path) continue;
    if (other.record.payload.kind != RecordKind::value) continue;
    const Segments rest(path.begin() + static_cast<std::ptrdiff_t>(other.path.size()), path.end());
    if (look_up(json::parse(other.record.payload.value.text()), rest)) return true;
  }
  return false;
}

std::uint64_t NaiveModel::version() const {
  std::uint64_t version = 0;
  for (const Put& put : seen_) version = std::max(version, put.record.stamp.version);
  return version;
}

json::value NaiveModel::state() const {
  json::value state = json::object();
  for (const Put& put : standing()) {
    const Payload& payload = put.record.payload;
    if (payload.kind == RecordKind::value)
      lay(state, put.path, 0, json::parse(payload.value.text()));
    if (payload.kind == RecordKind::tombstone) remove(state, put.path);
  }
  fill_holes(state);
  return state;
}

NaiveModel model_of(const History& history) {
  NaiveModel model;
  for (const Put& put : history) model.add(put);
  return model;
}

Document::Records records_of(const History& history) {
  Document::Records records;
  for (const Put& put : history) records.emplace(path_of(put.path), put.record);
  return records;
}

}  // namespace anabranch::crdt::testing
