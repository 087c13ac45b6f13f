#include "node/plain_json.h"

#include <boost/json.hpp>
#include <double-conversion/double-conversion.h>

#include <cmath>

namespace anabranch::node {

namespace {

namespace json = boost::json;
using double_conversion::DoubleToStringConverter;

void append_double(std::string& text, double number) {
  if (!std::isfinite(number)) {
    text += "null";
    return;
  }
  // Exponents stand from 1e21 on and below 1e-6, as in JavaScript.
  static const DoubleToStringConverter converter(
      DoubleToStringConverter::EMIT_TRAILING_DECIMAL_POINT |
          DoubleToStringConverter::EMIT_TRAILING_ZERO_AFTER_POINT,
      nullptr, nullptr, 'e', -6, 21, 0, 0);
  char digits[32];
  double_conversion::StringBuilder builder(digits, sizeof digits);
  converter.ToShortest(number, &builder);
  text += builder.Finalize();
}

void append(std::string& text, const json::value& value);

void append_object(std::string& text, const json::object& object) {
  char before = '{';
  for (const auto& [key, value] : object) {
    text += before;
    text += json::serialize(key);
    text += ':';
    append(text, value);
    before = ',';
  }
  text += object.empty() ? "{}" : "}";
}

void append_array(std::string& text, const json::array& array) {
  char before = '[';
  for (const json::value& value : array) {
    text += before;
    append(text, value);
    before = ',';
  }
  text += array.empty() ? "[]" : "]";
}

void append(std::string& text, const json::value& value) {
  switch (value.kind()) {
    case json::kind::object:
      return append_object(text, value.get_object());
    case json::kind::array:
      return append_array(text, value.get_array());
    case json::kind::double_:
      return append_double(text, value.get_double());
    default:
      text += json::serialize(value);
  }
}

}  // namespace

std::string plain_json(const boost::json::value& value) {
  std::string text;
  append(text, value);
  return text;
}

}  // namespace anabranch::node
