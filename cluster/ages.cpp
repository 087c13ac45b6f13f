#include "cluster/ages.h"

#include <algorithm>

namespace anabranch::cluster {

namespace {

constexpr std::int64_t intervals_a_retention = 20;
constexpr std::int64_t min_spacing_ms = 50;
constexpr std::int64_t max_spacing_ms = std::int64_t{12} * 60 * 60 * 1000;

}  // namespace

std::int64_t interval_within(std::int64_t retention_ms, std::int64_t min_ms, std::int64_t max_ms) {
  return std::clamp(retention_ms / intervals_a_retention, min_ms, max_ms);
}

bool note_age(std::vector<wire::AgeMark>& marks, const crdt::VersionVector& vector,
              std::int64_t now_ms, std::int64_t retention_ms) {
  const std::int64_t spacing = interval_within(retention_ms, min_spacing_ms, max_spacing_ms);
  bool changed = false;
  for (wire::AgeMark& mark : marks) {
    if (mark.at_ms <= now_ms) continue;
    mark.at_ms = now_ms;
    changed = true;
  }
  if (!marks.empty()) {
    const wire::AgeMark& last = marks.back();
    if (last.vector == vector || now_ms - last.at_ms < spacing) return changed;
  }
  // Of those that are old enough the newest tells most.
  const auto first_young = std::find_if(marks.begin(), marks.end(), [&](const auto& mark) {
    return now_ms - mark.at_ms < retention_ms;
  });
  if (first_young - marks.begin() > 1) marks.erase(marks.begin(), first_young - 1);
  marks.push_back({now_ms, vector});
  return true;
}

const crdt::VersionVector* older_than(const std::vector<wire::AgeMark>& marks, std::int64_t now_ms,
                                      std::int64_t retention_ms) {
  const auto newest = std::find_if(marks.rbegin(), marks.rend(), [&](const auto& mark) {
    return now_ms - mark.at_ms >= retention_ms;
  });
  return newest == marks.rend() ? nullptr : &newest->vector;
}

}  // namespace anabranch::cluster
