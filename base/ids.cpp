#include "base/ids.h"

#include "base/utf8.h"

#include <array>
#include <charconv>

namespace anabranch {

namespace {

template <class Integer>
bool parse_all(std::string_view text, Integer& out, int base) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out, base);
  return error == std::errc{} && at == end;
}

}  // namespace

bool is_valid_user(std::string_view user) {
  return !user.empty() && user.size() <= 256 && is_utf8(user) && !has_control_character(user);
}

std::string ReplicaId::to_string() const {
  std::string text;
  append_to(text);
  return text;
}

void ReplicaId::append_to(std::string& text) const {
  static constexpr char digits[] = "0123456789abcdef";
  std::array<char, 16> hex;
  for (int i = 15, shift = 0; i >= 0; --i, shift += 4) hex[i] = digits[(value >> shift) & 15];
  text.append(hex.data(), hex.size());
}

std::optional<ReplicaId> ReplicaId::parse(std::string_view text) {
  ReplicaId id;
  if (text.size() != 16 || !parse_all(text, id.value, 16) || id.to_string() != text) return {};
  return id;
}

std::string Dot::to_string() const {
  std::string text;
  append_to(text);
  return text;
}

void Dot::append_to(std::string& text) const {
  std::array<char, 20> digits;
  const auto written = std::to_chars(digits.begin(), digits.end(), seq);
  origin.append_to(text);
  text += ':';
  text.append(digits.data(), written.ptr);
}

std::optional<Dot> Dot::parse(std::string_view text) {
  if (text.size() < 18 || text[16] != ':' || text[17] == '0') return {};
  const auto origin = ReplicaId::parse(text.substr(0, 16));
  Dot dot;
  if (!origin || !parse_all(text.substr(17), dot.seq, 10)) return {};
  dot.origin = *origin;
  return dot;
}

}  // namespace anabranch
