#include "wire/canonical_writer.h"

#include "wire/canonical_json.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace anabranch::wire {

/// With room for a common value, for growing step by step costs as much as writing it.
CanonicalWriter::CanonicalWriter() {
  text_.reserve(256);
  keys_.reserve(128);
  members_.reserve(16);
  objects_.reserve(8);
}

void CanonicalWriter::begin_document() {
  text_.clear();
  keys_.clear();
  members_.clear();
  objects_.clear();
  overflowed_ = false;
}

/// The separator follows from the last byte: strings and keys always end in a quote.
void CanonicalWriter::begin_value() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '[' && last != '{' && last != ':') text_ += ',';
}

void CanonicalWriter::begin_object() {
  begin_value();
  objects_.push_back({text_.size(), members_.size(), keys_.size()});
  text_ += '{';
}

void CanonicalWriter::end_object() {
  const Object& object = objects_.back();
  if (!object.in_order) reorder(object);
  members_.resize(object.first_member);
  keys_.resize(object.keys_at);
  objects_.pop_back();
  text_ += '}';
}

void CanonicalWriter::begin_array() {
  begin_value();
  text_ += '[';
}

void CanonicalWriter::end_array() { text_ += ']'; }

void CanonicalWriter::key(std::string_view text) {
  begin_value();
  Object& object = objects_.back();
  if (object.in_order && members_.size() > object.first_member) {
    object.in_order = utf16_less(key_of(members_.back()), text);
  }
  members_.push_back({keys_.size(), text.size(), text_.size(), 0});
  keys_ += text;
  append_json_string(text_, text);
  text_ += ':';
}

void CanonicalWriter::string(std::string_view text) {
  begin_value();
  append_json_string(text_, text);
}

void CanonicalWriter::number(double value) {
  begin_value();
  if (std::isfinite(value)) {
    append_json_number(text_, value);
  } else {
    overflowed_ = true;
    text_ += '0';
  }
}

void CanonicalWriter::boolean(bool value) {
  begin_value();
  text_ += value ? "true" : "false";
}

void CanonicalWriter::null() {
  begin_value();
  text_ += "null";
}

std::string_view CanonicalWriter::key_of(const Member& member) const {
  return std::string_view(keys_).substr(member.key_at, member.key_size);
}

/// Writes the members of the object that is about to end anew: in order, of equal keys the last.
void CanonicalWriter::reorder(const Object& object) {
  const auto begin = members_.begin() + static_cast<std::ptrdiff_t>(object.first_member);
  for (auto member = begin; member != members_.end(); ++member) {
    const auto next = std::next(member);
    const std::size_t end = next == members_.end() ? text_.size() : next->text_at - 1;
    member->text_size = end - member->text_at;
  }
  const auto less = [this](const Member& left, const Member& right) {
    return utf16_less(key_of(left), key_of(right));
  };
  std::stable_sort(begin, members_.end(), less);
  scratch_.clear();
  for (auto member = begin; member != members_.end(); ++member) {
    const auto next = std::next(member);
    if (next != members_.end() && key_of(*next) == key_of(*member)) continue;
    if (!scratch_.empty()) scratch_ += ',';
    scratch_.append(text_, member->text_at, member->text_size);
  }
  text_.replace(object.text_at + 1, std::string::npos, scratch_);
}

}  // namespace anabranch::wire
