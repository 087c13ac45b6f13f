#include "naive_json.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string_view>

namespace anabranch::crdt::testing {

namespace json = boost::json;

namespace {

std::u16string utf16_of(std::string_view utf8) {
  std::u16string units;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t point = size == 1 ? lead : lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) point = (point << 6) | (utf8[at + i] & 0x3f);
    if (point < 0x10000) {
      units += static_cast<char16_t>(point);
    } else {
      units += static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10));
      units += static_cast<char16_t>(0xdc00 + ((point - 0x10000) & 0x3ff));
    }
    at += size;
  }
  return units;
}

std::string quoted(std::string_view text) {
  static const std::map<char, std::string> short_forms = {
      {'"', "\\\""}, {'\\', "\\\\"}, {'\b', "\\b"}, {'\f', "\\f"},
      {'\n', "\\n"}, {'\r', "\\r"},  {'\t', "\\t"}};
  std::string out = "\"";
  for (const char c : text) {
    if (const auto found = short_forms.find(c); found != short_forms.end()) {
      out += found->second;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[7];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

std::string object_text(const json::object& object) {
  std::map<std::u16string, std::string> members;
  for (const auto& member : object) {
    members[utf16_of(member.key())] = quoted(member.key()) + ":" + canonical_text(member.value());
  }
  std::string out = "{";
  for (const auto& [key, member] : members) {
    if (out.size() > 1) out += ',';
    out += member;
  }
  out += '}';
  return out;
}

std::string array_text(const json::array& array) {
  std::string out = "[";
  for (const json::value& element : array) {
    if (out.size() > 1) out += ',';
    out += canonical_text(element);
  }
  out += ']';
  return out;
}

}  // namespace

std::string canonical_text(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case json::kind::int64:
      return std::to_string(value.get_int64());
    case json::kind::string:
      return quoted(value.get_string());
    case json::kind::array:
      return array_text(value.get_array());
    case json::kind::object:
      return object_text(value.get_object());
    default:
      throw std::logic_error("numbers in these tests are integers");
  }
}

const json::value* look_up(const json::value& value, const Segments& path) {
  const json::value* at = &value;
  for (const std::string& segment : path) {
    if (const json::object* object = at->if_object()) {
      at = object->if_contains(segment);
    } else if (const json::array* array = at->if_array()) {
      const auto index = small_index(segment);
      at = index && *index < array->size() ? &(*array)[*index] : nullptr;
    } else {
      at = nullptr;
    }
    if (!at) return nullptr;
  }
  return at;
}

std::optional<std::size_t> small_index(const std::string& segment) {
  if (!is_index(segment) || segment.size() > 6) return {};
  return std::stoul(segment);
}

}  // namespace anabranch::crdt::testing
