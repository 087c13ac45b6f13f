#include "tests/simulation/reference_state.h"

#include "crdt/document.h"
#include "crdt/materialise.h"

#include <algorithm>

namespace anabranch::simulation {

bool ReferenceState::dominates(const crdt::Path& upper, const Entry& winner, const crdt::Path& path,
                               const Entry& loser) {
  if (!upper.covers(path)) return false;
  if (winner.stamp != loser.stamp) return winner.stamp > loser.stamp;
  return upper == path && compare(winner.payload, loser.payload) > 0;
}

ReferenceState::Outcome ReferenceState::judge(const crdt::Path& path, const Entry& entry) const {
  const bool lost = std::any_of(entries_.begin(), entries_.end(), [&](const auto& standing) {
    return dominates(standing.first, standing.second, path, entry);
  });
  if (lost) return Outcome::lost;
  return holds(path, entry.stamp, entry.payload) ? Outcome::same : Outcome::won;
}

ReferenceState::Outcome ReferenceState::merge(const crdt::Path& path, const Entry& entry) {
  const Outcome outcome = judge(path, entry);
  if (outcome == Outcome::same) {
    std::optional<Dot>& dot = entries_.at(path).dot;
    if (entry.dot) dot = dot ? std::min(*dot, *entry.dot) : *entry.dot;
  }
  if (outcome != Outcome::won) return outcome;
  std::erase_if(entries_, [&](const auto& standing) {
    return dominates(path, entry, standing.first, standing.second);
  });
  entries_.insert_or_assign(path, entry);
  return outcome;
}

bool ReferenceState::holds(const crdt::Path& path, const crdt::Stamp& stamp,
                           const crdt::Payload& payload) const {
  const auto found = entries_.find(path);
  return found != entries_.end() && found->second.stamp == stamp &&
         found->second.payload == payload;
}

std::string ReferenceState::materialise() const {
  PathView view;
  for (const auto& [path, entry] : entries_) view.put(path, entry.payload);
  return view.state();
}

void PathView::put(const crdt::Path& path, const crdt::Payload& payload) {
  std::erase_if(payloads_, [&](const auto& entry) { return path.covers(entry.first); });
  payloads_.emplace(path, payload);
}

std::string PathView::state() const {
  crdt::Document document;
  for (const auto& [path, payload] : payloads_) {
    document.merge(path, crdt::Record{{1, 0, "t"}, {}, false, payload});
  }
  return crdt::materialise(document);
}

std::string to_string(const crdt::Path& path, const ReferenceState::Entry& entry) {
  const std::string value = entry.payload.kind == crdt::RecordKind::tombstone
                                ? std::string("deleted")
                                : std::string(entry.payload.value.text());
  return path.text() + "=" + value + " v" + std::to_string(entry.stamp.version) + " " +
         std::to_string(entry.stamp.timestamp_ms) + " " + std::string(entry.stamp.tab) + " " +
         (entry.dot ? entry.dot->to_string() : "no dot");
}

}  // namespace anabranch::simulation
