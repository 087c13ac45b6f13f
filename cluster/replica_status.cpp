#include "cluster/replica_status.h"

#include "cluster/replica.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace anabranch::cluster {

namespace {

/// Whom the collection of tombstones waits for. `in_round`: what its last round has met.
std::string collection_obstacle(const ReplicaStatus& own, const std::string& in_round,
                                const std::map<std::string, Peer>& peers,
                                std::int64_t monotonic_ms) {
  if (!own.admitted) return "this node is not admitted yet";
  if (!own.storage_ok) return "this node's disk refuses writes";
  if (!in_round.empty()) return in_round;
  for (const auto& [name, peer] : peers) {
    // Its last report still counts, but says nothing of what was deleted since.
    if (!peer.is_heard(monotonic_ms)) return name + " is silent";
  }
  return {};
}

}  // namespace

ReplicaStatus Replica::status(Now now) const {
  const wire::StoreState& durable = ledger_.durable();
  ReplicaStatus status;
  status.replica = durable.replica;
  status.ready = ready();
  status.storage_ok = storage_ok_;
  status.damaged = durable.damaged;
  status.admitted = durable.standing.admitted;
  status.collection_held_back =
      collection_obstacle(status, collection_.cut.held_back(), peers_.all(), now.monotonic_ms);
  status.origins_retired = retired_.size();
  status.epoch = options_.epoch;
  status.totals = durable.totals;
  status.digest = durable.digest.to_string();
  status.vector = durable.vector;
  status.counters = counters_;
  status.load = {documents_.bytes(), streams_.bytes(), pieces_.size(), replicated_acks_.waiting(),
                 open_.held.size() + (in_flight_ ? in_flight_->held.size() : 0)};
  for (const auto& [name, peer] : peers_.all()) {
    PeerStatus one;
    one.name = name;
    one.region = peer.member.region;
    one.connected = peer.is_connected(now.monotonic_ms);
    one.clock_offset_ms = peer.clock_offset_ms;
    one.clock_warning = peer.clock_noted;
    one.replication_lag = peer.replication_lag;
    if (peer.heartbeat_ms) {
      one.last_heartbeat_seconds =
          static_cast<double>(now.monotonic_ms - *peer.heartbeat_ms) / 1000.0;
    }
    if (peer.durable) {
      const std::uint64_t theirs = (*peer.durable)[durable.replica];
      const std::uint64_t ours = durable.vector[durable.replica];
      one.lag_writes = ours > theirs ? ours - theirs : 0;
      one.lag_seconds =
          *one.lag_writes > 0 ? commit_times_.age_of_next(theirs, now.monotonic_ms) : 0.0;
    }
    if (peer.report) {
      const ReplicaId replica = peer.report->replica;
      one.replica = replica;
      one.ready = peer.report->ready;
      one.draining = peer.report->draining;
      one.admitted = peer.report->standing.admitted;
      one.epoch = peer.report->epoch;
      const std::uint64_t theirs = peer.report->vector[replica];
      const std::uint64_t ours = durable.vector[replica];
      one.behind_writes = theirs > ours ? theirs - ours : 0;
      one.digest_equal = digest_equal(peer);
    }
    status.peers.push_back(std::move(one));
  }
  return status;
}

}  // namespace anabranch::cluster
