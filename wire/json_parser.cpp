#include "wire/json_parser.h"

#include <boost/json/basic_parser_impl.hpp>
#include <double-conversion/string-to-double.h>

#include <charconv>
#include <limits>
#include <string>

namespace anabranch::wire {

namespace {

namespace json = boost::json;
using ErrorCode = boost::system::error_code;

/// The double nearest to a JSON number. (Boost.JSON's own conversion may miss by a few units.)
double nearest_double(std::string_view text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc{}) return value;
  // Out of range; this one tells too small (0) from too large (infinite).
  using double_conversion::StringToDoubleConverter;
  static const StringToDoubleConverter converter(StringToDoubleConverter::NO_FLAGS, 0, 0, nullptr,
                                                 nullptr);
  int used = 0;
  return converter.StringToDouble(text.data(), static_cast<int>(text.size()), &used);
}

/// Boost.JSON's handler: puts the pieces of strings together and hands everything to the sink.
struct Handler {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  explicit Handler(JsonSink& told) : sink(told) {}

  JsonSink& sink;
  std::string pieces;

  template <class Tell>
  bool tell_text(json::string_view last, Tell tell) {
    if (pieces.empty()) {
      tell(std::string_view(last.data(), last.size()));
    } else {
      pieces.append(last.data(), last.size());
      tell(std::string_view(pieces));
      pieces.clear();
    }
    return true;
  }

  bool keep_piece(json::string_view piece) {
    pieces.append(piece.data(), piece.size());
    return true;
  }

  bool on_document_begin(ErrorCode&) {
    sink.begin_document();
    return true;
  }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) {
    sink.begin_object();
    return true;
  }
  bool on_object_end(std::size_t, ErrorCode&) {
    sink.end_object();
    return true;
  }
  bool on_array_begin(ErrorCode&) {
    sink.begin_array();
    return true;
  }
  bool on_array_end(std::size_t, ErrorCode&) {
    sink.end_array();
    return true;
  }
  bool on_key_part(json::string_view s, std::size_t, ErrorCode&) { return keep_piece(s); }
  bool on_key(json::string_view s, std::size_t, ErrorCode&) {
    return tell_text(s, [this](std::string_view text) { sink.key(text); });
  }
  bool on_string_part(json::string_view s, std::size_t, ErrorCode&) { return keep_piece(s); }
  bool on_string(json::string_view s, std::size_t, ErrorCode&) {
    return tell_text(s, [this](std::string_view text) { sink.string(text); });
  }
  bool on_number_part(json::string_view, ErrorCode&) { return true; }
  // Both conversions round to the nearest double, as parsing the text would.
  bool on_int64(std::int64_t i, json::string_view, ErrorCode&) {
    sink.number(static_cast<double>(i));
    return true;
  }
  bool on_uint64(std::uint64_t u, json::string_view, ErrorCode&) {
    sink.number(static_cast<double>(u));
    return true;
  }
  bool on_double(double, json::string_view s, ErrorCode&) {
    sink.number(nearest_double({s.data(), s.size()}));
    return true;
  }
  bool on_bool(bool value, ErrorCode&) {
    sink.boolean(value);
    return true;
  }
  bool on_null(ErrorCode&) {
    sink.null();
    return true;
  }
  bool on_comment_part(json::string_view, ErrorCode&) { return true; }
  bool on_comment(json::string_view, ErrorCode&) { return true; }
};

ErrorCode parse(std::string_view text, std::size_t max_depth, JsonSink& sink) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<Handler> parser(options, sink);
  ErrorCode error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::error::extra_data;
  return error;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The same JSON with every exponent of more than nine digits cut to nine, which changes no
/// number: both are zero or infinite. Boost.JSON gives up at exponents beyond an int's range.
std::string with_short_exponents(std::string_view text) {
  constexpr std::size_t max_digits = 9;
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '"') in_string = !in_string;
    if (in_string && text[i] == '\\' && i + 1 < text.size()) out += text[++i];
    if (in_string || (text[i] != 'e' && text[i] != 'E') || i == 0 || !is_digit(text[i - 1])) {
      continue;
    }
    if (i + 1 < text.size() && (text[i + 1] == '+' || text[i + 1] == '-')) out += text[++i];
    std::size_t end = i + 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    std::string_view digits = text.substr(i + 1, end - i - 1);
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    out += digits.substr(0, max_digits);
    i = end - 1;
  }
  return out;
}

}  // namespace

JsonVerdict parse_json(std::string_view text, std::size_t max_depth, JsonSink& sink) {
  ErrorCode error = parse(text, max_depth, sink);
  if (error == json::error::exponent_overflow) {
    error = parse(with_short_exponents(text), max_depth, sink);
  }
  if (!error) return JsonVerdict::ok;
  return error == json::error::too_deep ? JsonVerdict::too_deep : JsonVerdict::malformed;
}

}  // namespace anabranch::wire
