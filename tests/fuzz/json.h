#pragma once

#include <simdjson.h>

#include <string_view>

namespace anabranch::fuzz {

/// The text as another parser than the product's reads it. Views into it end with the next call.
inline simdjson::simdjson_result<simdjson::dom::element> read_json(std::string_view text) {
  static simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size());
}

/// Integers of more than 64 bits are JSON too, though that parser does not take them.
inline bool is_json(simdjson::error_code error) {
  return error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR;
}

inline bool is_json(std::string_view text) { return is_json(read_json(text).error()); }

}  // namespace anabranch::fuzz
