#pragma once

#include <simdjson.h>

#include <string_view>

namespace anabranch::fuzz {

/// The text as another parser than the product's reads it. Views into it end with the next call.
inline simdjson::simdjson_result<simdjson::dom::element> read_json(std::string_view text) {
  static simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size());
}

inline bool is_json(std::string_view text) { return read_json(text).error() == simdjson::SUCCESS; }

}  // namespace anabranch::fuzz
