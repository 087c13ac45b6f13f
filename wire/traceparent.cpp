#include "wire/traceparent.h"

#include <algorithm>

namespace anabranch::wire {

namespace {

// version "-" trace id "-" parent id "-" flags, and of later versions perhaps "-" and more
constexpr std::size_t trace_id_at = 3, trace_id_digits = 32;
constexpr std::size_t parent_id_at = 36, parent_id_digits = 16;
constexpr std::size_t flags_at = 53, flag_digits = 2;

/// Capitals are invalid.
bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

/// "ff" is no version, and version 00 has nothing after its flags.
bool may_be_of_version(std::string_view version, std::string_view rest) {
  if (!is_hex(version) || version == "ff") return false;
  return rest.empty() || (version != "00" && rest.front() == '-');
}

}  // namespace

std::optional<Traceparent> Traceparent::parse(std::string_view text) {
  if (text.size() < size) return {};
  const bool is_valid = may_be_of_version(text.substr(0, 2), text.substr(size)) &&
                        text[trace_id_at - 1] == '-' && text[parent_id_at - 1] == '-' &&
                        text[flags_at - 1] == '-' &&
                        is_id(text.substr(trace_id_at, trace_id_digits)) &&
                        is_id(text.substr(parent_id_at, parent_id_digits)) &&
                        is_hex(text.substr(flags_at, flag_digits));
  if (!is_valid) return {};
  Traceparent parsed;
  parsed.text_ = std::make_shared<const std::string>("00" + std::string(text.substr(2, size - 2)));
  return parsed;
}

bool Traceparent::is_sampled() const {
  if (empty()) return false;
  const char low = text_->back();
  const int digit = low <= '9' ? low - '0' : low - 'a' + 10;
  return (digit & 1) != 0;
}

}  // namespace anabranch::wire
