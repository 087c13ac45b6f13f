#include "crdt/materialise.h"

#include "crdt/canonical_walk.h"

#include <charconv>
#include <iterator>
#include <limits>
#include <map>
#include <utility>
#include <variant>
#include <vector>

namespace anabranch::crdt {

namespace {

// A place in the state while it is laid out. A value that nothing stands on stays canonical text;
// only those that a deeper record reaches into are opened, one level at a time. Keys are held as
// they are written, quoted and escaped, in canonical order, so that opening changes no byte: a
// tombstone that hides nothing must leave no trace, for other nodes have collected it.
struct Place;
using Object = std::map<std::string, Place, CanonicalKeyLess>;
using Array = std::vector<Place>;
struct Hole {};

struct Place {
  std::variant<Hole, std::string_view, Object, Array> content;

  bool is_hole() const { return std::holds_alternative<Hole>(content); }
};

/// Turns text that is an object or array into one whose members can be changed.
void open(Place& place) {
  const auto* text = std::get_if<std::string_view>(&place.content);
  if (!text) return;
  switch (kind_of_canonical(*text)) {
    case CanonicalKind::object: {
      Object object;
      for (const auto& [key, value] : members_of(*text)) {
        object.emplace_hint(object.end(), key, Place{value});
      }
      place.content = std::move(object);
      break;
    }
    case CanonicalKind::array: {
      Array array;
      for (const std::string_view value : elements_of(*text)) array.push_back(Place{value});
      place.content = std::move(array);
      break;
    }
    case CanonicalKind::scalar:
      break;
  }
}

/// An index as a number; beyond what an array here can reach: the greatest number.
std::size_t index_of(const Segment& segment) {
  std::size_t index = std::numeric_limits<std::size_t>::max();
  std::from_chars(segment.text.data(), segment.text.data() + segment.text.size(), index);
  return index;
}

/// The member named so, made where it is missing. Records come in an order that is nearly that of
/// keys, so that it is mostly the last member or the one after it.
Place& make_member(Object& object, std::string key) {
  if (!object.empty()) {
    auto& last = *std::prev(object.end());
    if (last.first == key) return last.second;
  }
  return object.try_emplace(object.end(), std::move(key))->second;
}

/// The place below `place` that `segment` names, made where it is missing.
Place& make_child(Place& place, const Segment& segment) {
  open(place);
  if (auto* array = std::get_if<Array>(&place.content); array && segment.is_index) {
    const std::size_t index = index_of(segment);
    if (index < array->size()) return (*array)[index];
    if (index == array->size()) return array->emplace_back();
  }
  if (!std::holds_alternative<Object>(place.content)) place.content = Object{};
  return make_member(std::get<Object>(place.content), quoted_key(segment.text));
}

/// The place below `place` that `segment` names, or null.
Place* find_child(Place& place, const Segment& segment) {
  open(place);
  if (auto* object = std::get_if<Object>(&place.content)) {
    const auto found = object->find(quoted_key(segment.text));
    return found == object->end() ? nullptr : &found->second;
  }
  if (auto* array = std::get_if<Array>(&place.content); array && segment.is_index) {
    const std::size_t index = index_of(segment);
    return index < array->size() ? &(*array)[index] : nullptr;
  }
  return nullptr;
}

void lay_value(Place& root, const Path& path, std::string_view value) {
  Place* place = &root;
  for (std::string_view rest = path.key(); !rest.empty();) {
    place = &make_child(*place, take_segment(rest));
  }
  place->content = value;
}

void lay_tombstone(Place& root, const Path& path) {
  Place* place = &root;
  for (std::string_view rest = path.key(); !rest.empty();) {
    const Segment segment = take_segment(rest);
    Place* child = find_child(*place, segment);
    if (!child) return;
    if (rest.empty()) {
      if (auto* object = std::get_if<Object>(&place->content)) {
        object->erase(quoted_key(segment.text));
      } else {
        child->content = Hole{};
      }
      return;
    }
    place = child;
  }
}

Place lay_out(const Document& document) {
  Place root{Object{}};
  for (const auto& [path, record] : document.records()) {
    if (record.payload.kind == RecordKind::value) {
      lay_value(root, path, record.payload.value.text());
    } else if (record.payload.kind == RecordKind::tombstone) {
      lay_tombstone(root, path);
    }
  }
  return root;
}

void write(std::string& out, const Place& place);

void write(std::string& out, const Object& object) {
  out += '{';
  const char* separator = "";
  for (const auto& [key, child] : object) {
    out += separator;
    out += key;
    out += ':';
    write(out, child);
    separator = ",";
  }
  out += '}';
}

void write(std::string& out, const Array& array) {
  std::size_t size = array.size();
  while (size > 0 && array[size - 1].is_hole()) --size;
  out += '[';
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    write(out, array[i]);
  }
  out += ']';
}

void write(std::string& out, const Place& place) {
  if (const auto* text = std::get_if<std::string_view>(&place.content)) {
    out += *text;
  } else if (const auto* object = std::get_if<Object>(&place.content)) {
    write(out, *object);
  } else if (const auto* array = std::get_if<Array>(&place.content)) {
    write(out, *array);
  } else {
    out += "null";
  }
}

}  // namespace

std::string materialise(const Document& document) {
  std::string out;
  out.reserve(document.value_bytes() + 2);
  write(out, lay_out(document));
  return out;
}

std::optional<std::string> materialise_at(const Document& document, const Path& path) {
  const std::string state = materialise(document);
  const auto found = find_in_canonical(state, path.key());
  if (!found) return {};
  return std::string(*found);
}

}  // namespace anabranch::crdt
