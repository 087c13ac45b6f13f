#include "cluster/stable_cut.h"

#include "base/defects.h"

#include <algorithm>
#include <utility>

namespace anabranch::cluster {

namespace {

/// Why a member's reports cannot count; empty: they do.
std::string obstacle(const Peer& peer, std::uint64_t epoch) {
  const std::string& name = peer.member.name;
  if (!peer.report) return name + " has not been heard";
  if (!peer.report->standing.admitted) return name + " is not admitted yet";
  if (peer.report->epoch != epoch) return name + " goes by another epoch of the cluster file";
  if (!peer.trusted_after) return name + " has missed what was collected";
  // Its progress may tell a new id before any report under it.
  if (peer.trusted_after->origin != peer.report->replica) {
    return name + " has not been heard under its new id";
  }
  return {};
}

/// What both cover.
crdt::VersionVector common(const crdt::VersionVector& one, const crdt::VersionVector& other) {
  crdt::VersionVector both;
  for (const auto& [origin, seq] : one.entries()) {
    const std::uint64_t least = std::min(seq, other[origin]);
    if (least > 0) both.raise(origin, least);
  }
  return both;
}

}  // namespace

void StableCut::reset() {
  round_.clear();
  cut_.reset();
}

bool StableCut::members_changed(const std::map<std::string, Peer>& others) const {
  const auto differs = [&others](const std::string& name, ReplicaId replica) {
    const auto found = others.find(name);
    return found == others.end() || found->second.report->replica != replica;
  };
  if (!round_.empty() && round_.size() != others.size()) return true;
  if (cut_ && cut_members_.size() != others.size()) return true;
  return std::any_of(round_.begin(), round_.end(),
                     [&](const auto& one) { return differs(one.first, one.second.first); }) ||
         (cut_ && std::any_of(cut_members_.begin(), cut_members_.end(),
                              [&](const auto& one) { return differs(one.first, one.second); }));
}

void StableCut::update(const std::map<std::string, Peer>& others, std::uint64_t epoch,
                       const wire::StoreState& durable) {
  held_back_.clear();
  for (const auto& [name, peer] : others) {
    held_back_ = obstacle(peer, epoch);
    if (!held_back_.empty()) return reset();
  }
  if (members_changed(others)) reset();
  if (round_.empty()) {
    for (const auto& [name, peer] : others) {
      if (peer.report->holds_beyond) {
        held_back_ = name + " holds records beyond its vector";
        return round_.clear();
      }
      round_[name] = {peer.report->replica, peer.report->vector};
    }
  }
  const bool all_covered = planted(Defect::collect_before_catching_up) ||
                           std::all_of(round_.begin(), round_.end(), [&durable](const auto& one) {
                             return durable.vector.covers(one.second.second);
                           });
  if (!all_covered) return;
  cut_ = durable.vector;
  cut_members_.clear();
  for (const auto& [name, report] : round_) {
    cut_ = common(*cut_, report.second);
    cut_members_[name] = report.first;
  }
  round_.clear();
}

}  // namespace anabranch::cluster
