#include "crdt/materialise.h"

#include "crdt/canonical_walk.h"

#include <algorithm>
#include <charconv>
#include <deque>
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

void lay_value(Place& root, std::string_view key, std::string_view value) {
  Place* place = &root;
  for (std::string_view rest = key; !rest.empty();) {
    place = &make_child(*place, take_segment(rest));
  }
  place->content = value;
}

void lay_tombstone(Place& root, std::string_view key) {
  Place* place = &root;
  for (std::string_view rest = key; !rest.empty();) {
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

void append_quoted(std::string& out, std::string_view segment) {
  if (segment.find_first_of(R"("\\)") != std::string_view::npos) {
    out += quoted_key(segment);
    return;
  }
  out += '"';
  out += segment;
  out += '"';
}

}  // namespace

/// A value and what stands below it.
struct Materialiser::Subtree {
  std::deque<std::string> texts;  ///< where the places' views point
  Place root;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
};

Materialiser::Materialiser(std::string room) : out_(std::move(room)) {
  out_.clear();
  open_object(0);
}

Materialiser::~Materialiser() = default;

void Materialiser::add_value(std::string_view key, std::string_view text) {
  if (is_below_last(key)) {
    Subtree& subtree = open_last();
    lay_value(subtree.root, key.substr(last_key_.size()), subtree.keep(text));
    return;
  }
  end_last();
  const auto same = std::mismatch(last_key_.begin(), last_key_.end(), key.begin(), key.end()).first;
  const auto common = static_cast<std::size_t>(same - last_key_.begin());
  while (levels_.back().key_bytes > common) close_object();
  std::string_view rest = key.substr(levels_.back().key_bytes);
  while (true) {
    begin_member(take_segment(rest).text);
    if (rest.empty()) break;
    open_object(key.size() - rest.size());
  }
  last_key_ = key;
  last_at_ = out_.size();
  out_ += text;
}

void Materialiser::add_tombstone(std::string_view key) {
  // What stands below it follows; what else it could hide is in a value above it.
  if (is_below_last(key)) lay_tombstone(open_last().root, key.substr(last_key_.size()));
}

std::string Materialiser::finish() {
  end_last();
  while (!levels_.empty()) close_object();
  return std::move(out_);
}

bool Materialiser::is_below_last(std::string_view key) const {
  return !last_key_.empty() && key.starts_with(last_key_);
}

/// Takes the last value back from the text, to be changed.
Materialiser::Subtree& Materialiser::open_last() {
  if (!subtree_) {
    subtree_ = std::make_unique<Subtree>();
    subtree_->root.content = subtree_->keep(std::string_view(out_).substr(last_at_));
    out_.resize(last_at_);
  }
  return *subtree_;
}

void Materialiser::end_last() {
  if (!subtree_) return;
  write(out_, subtree_->root);
  subtree_.reset();
}

void Materialiser::open_object(std::size_t key_bytes) {
  out_ += '{';
  levels_.push_back({key_bytes, members_.size(), true});
}

void Materialiser::begin_member(std::string_view name) {
  Level& level = levels_.back();
  const bool is_first = members_.size() == level.first_member;
  if (!is_first) out_ += ',';
  const std::size_t at = out_.size();
  append_quoted(out_, name);
  const Member member{at, out_.size() - at};
  if (!is_first && level.in_order) {
    level.in_order = CanonicalKeyLess()(name_of(members_.back()), name_of(member));
  }
  members_.push_back(member);
  out_ += ':';
}

void Materialiser::close_object() {
  const Level level = levels_.back();
  if (!level.in_order) put_in_order(level);
  members_.resize(level.first_member);
  levels_.pop_back();
  out_ += '}';
}

/// Paths come in an order that is nearly that of names: indices stand first there, by number.
void Materialiser::put_in_order(const Level& level) {
  std::vector<std::pair<std::string_view, std::string_view>> texts;  // names and whole members
  const std::string_view out = out_;
  for (std::size_t i = level.first_member; i < members_.size(); ++i) {
    const std::size_t at = members_[i].at;
    const std::size_t end = i + 1 < members_.size() ? members_[i + 1].at - 1 : out.size();
    texts.emplace_back(name_of(members_[i]), out.substr(at, end - at));
  }
  std::sort(texts.begin(), texts.end(), [](const auto& left, const auto& right) {
    return CanonicalKeyLess()(left.first, right.first);
  });
  std::string ordered;
  const std::size_t begin = members_[level.first_member].at;
  ordered.reserve(out.size() - begin);
  for (const auto& [name, member] : texts) {
    if (!ordered.empty()) ordered += ',';
    ordered += member;
  }
  out_.replace(begin, std::string::npos, ordered);
}

std::string_view Materialiser::name_of(const Member& member) const {
  return std::string_view(out_).substr(member.at, member.name_bytes);
}

std::string materialise(const Document& document) {
  std::string room;
  room.reserve(document.value_bytes() + 2);
  Materialiser state(std::move(room));
  for (const auto& [path, record] : document.records()) {
    if (record.payload.kind == RecordKind::value) {
      state.add_value(path.key(), record.payload.value.text());
    } else if (record.payload.kind == RecordKind::tombstone) {
      state.add_tombstone(path.key());
    }
  }
  return state.finish();
}

std::optional<std::string> materialise_at(const Document& document, const Path& path) {
  const std::string state = materialise(document);
  const auto found = find_in_canonical(state, path.key());
  if (!found) return {};
  return std::string(*found);
}

}  // namespace anabranch::crdt
