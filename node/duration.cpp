#include "node/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace anabranch::node {

namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t longest_ms = 3653 * units[0].second;

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return {};
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, length_ms] : units) {
    if (unit != name) continue;
    if (count > static_cast<std::uint64_t>(longest_ms / length_ms)) return {};
    return std::chrono::milliseconds(static_cast<std::int64_t>(count) * length_ms);
  }
  return {};
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms == 0) return "0s";
  for (const auto& [name, length_ms] : units) {
    if (ms % length_ms == 0) return std::to_string(ms / length_ms) + std::string(name);
  }
  return std::to_string(ms) + "ms";
}

}  // namespace anabranch::node
