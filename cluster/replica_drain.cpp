#include "base/defects.h"
#include "cluster/drain.h"
#include "cluster/replica.h"

#include <algorithm>
#include <set>

namespace anabranch::cluster {

namespace {

std::uint64_t count_missing(const crdt::VersionVector& wanted, const crdt::VersionVector& theirs) {
  std::uint64_t missing = 0;
  for (const auto& [origin, seq] : wanted.entries()) {
    missing += seq - std::min(seq, theirs[origin]);
  }
  return missing;
}

}  // namespace

bool DrainProgress::Peer::has_everything() const {
  const bool has_writes =
      lacking_writes == 0U || planted(Defect::drained_before_the_others_have_it);
  const bool has_untold = !lacks_untold || planted(Defect::drained_but_for_what_is_held_beyond);
  return heard && has_writes && has_untold;
}

bool DrainProgress::is_complete(const std::vector<std::string>& except) const {
  return draining && settled && std::all_of(peers.begin(), peers.end(), [&](const Peer& peer) {
           return peer.has_everything() ||
                  std::find(except.begin(), except.end(), peer.name) != except.end();
         });
}

void Replica::on(const SetDraining& order) {
  if (!order.draining && !drain_) return;
  if (order.draining != drain_.has_value()) {
    note(Note::Level::info, order.draining ? "draining: clients are moved away, writes refused"
                                           : "no longer draining: clients are taken again");
  }
  if (order.draining) {
    drain_ = Drain{now_.monotonic_ms, ledger_.vector()};
  } else {
    drain_.reset();
  }
  // Told at once, so that the others send nobody here; and asked, so that what they have on disk is
  // known by a word of theirs that is newer than the drain.
  emit(Publish{wire::Heartbeat{report()}});
  for (auto& [name, peer] : peers_.all()) peer.hello_ms.reset();
  watch_peers();
}

/// What the others must have on disk before this node may go: all that it has. Only the writes
/// that members who are connected go on making meanwhile are left to those: they have them, and
/// under load nobody would ever be found to have the very last one.
crdt::VersionVector Replica::drain_target(Now now) const {
  std::set<ReplicaId> alive;
  for (const auto& [name, peer] : peers_.all()) {
    if (peer.report && peer.is_connected(now.monotonic_ms)) alive.insert(peer.report->replica);
  }
  crdt::VersionVector target;
  for (const auto& [origin, seq] : ledger_.durable().vector.entries()) {
    const bool is_theirs = alive.contains(origin) && origin != ledger_.replica();
    target.raise(origin, is_theirs ? std::min(seq, drain_->accepted[origin]) : seq);
  }
  return target;
}

/// What it has accepted is on its disk. An admission may have taken some of it out since.
bool Replica::is_settled() const {
  const crdt::VersionVector& durable = ledger_.durable().vector;
  const auto& accepted = drain_->accepted.entries();
  return std::all_of(accepted.begin(), accepted.end(), [&](const auto& entry) {
    const auto& [origin, seq] = entry;
    return durable[origin] >= std::min(seq, ledger_.vector()[origin]);
  });
}

DrainProgress Replica::drain_progress(Now now) const {
  DrainProgress progress;
  if (!drain_) return progress;
  const wire::StoreState& durable = ledger_.durable();
  const crdt::VersionVector target = drain_target(now);
  progress.draining = true;
  progress.settled = is_settled();
  for (const auto& [name, peer] : peers_.all()) {
    DrainProgress::Peer one;
    one.name = name;
    const bool has_answered = peer.answered_ms && *peer.answered_ms >= drain_->since_ms;
    one.heard = (has_answered || planted(Defect::drained_by_words_from_before)) &&
                peer.is_connected(now.monotonic_ms);
    if (peer.durable) one.lacking_writes = count_missing(target, *peer.durable);
    // At equal vectors equal digests show that what is held beyond them is there too.
    one.lacks_untold = !durable.beyond.entries().empty() &&
                       !(peer.report && peer.report->vector == durable.vector &&
                         peer.report->digest == durable.digest.to_string());
    progress.peers.push_back(std::move(one));
  }
  return progress;
}

}  // namespace anabranch::cluster
