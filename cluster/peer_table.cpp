#include "cluster/peer_table.h"

#include "base/defects.h"

#include <algorithm>
#include <utility>

namespace anabranch::cluster {

namespace {

bool is_leaving(const Peer& peer) { return peer.report && peer.report->draining; }

}  // namespace

PeerTable::PeerTable(const std::vector<Member>& others) { set_members(others); }

std::vector<std::string> PeerTable::set_members(const std::vector<Member>& others) {
  std::map<std::string, Peer> former = std::exchange(peers_, {});
  for (const Member& member : others) {
    const auto known = former.find(member.name);
    Peer& peer = peers_[member.name];
    if (known != former.end()) {
      peer = std::move(known->second);
      former.erase(known);
    }
    peer.member = member;
  }
  std::vector<std::string> gone;
  for (const auto& [name, peer] : former) gone.push_back(name);
  return gone;
}

Peer* PeerTable::find(const std::string& name) {
  const auto found = peers_.find(name);
  return found == peers_.end() ? nullptr : &found->second;
}

bool PeerTable::all_heard() const {
  if (planted(Defect::trust_the_first_peer_heard)) {
    return std::any_of(peers_.begin(), peers_.end(),
                       [](const auto& entry) { return entry.second.report.has_value(); });
  }
  return std::all_of(peers_.begin(), peers_.end(), [](const auto& entry) {
    const auto& report = entry.second.report;
    return report && !report->holds_beyond;
  });
}

std::vector<const crdt::VersionVector*> PeerTable::durable_vectors() const {
  std::vector<const crdt::VersionVector*> vectors;
  for (const auto& [name, peer] : peers_) {
    if (peer.durable && (!is_leaving(peer) || planted(Defect::count_those_who_leave))) {
      vectors.push_back(&*peer.durable);
    }
  }
  return vectors;
}

void CommitTimes::note(std::uint64_t seq, std::int64_t monotonic_ms) {
  if (seq <= last_seq_) return;
  if (samples_.empty() || monotonic_ms - samples_.back().second >= spacing_ms) {
    samples_.emplace_back(last_seq_ + 1, monotonic_ms);
    if (samples_.size() > max_samples) samples_.pop_front();
  }
  last_seq_ = seq;
}

double CommitTimes::age_of_next(std::uint64_t seq, std::int64_t monotonic_ms) const {
  if (seq >= last_seq_ || samples_.empty()) return 0;
  // The sample whose span holds seq + 1: the last one that begins at or before it.
  auto at = std::upper_bound(
      samples_.begin(), samples_.end(), seq + 1,
      [](std::uint64_t wanted, const auto& sample) { return wanted < sample.first; });
  if (at != samples_.begin()) --at;
  return static_cast<double>(monotonic_ms - at->second) / 1000.0;
}

}  // namespace anabranch::cluster
