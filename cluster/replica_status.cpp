#include "cluster/replica_status.h"

#include "cluster/replica.h"

#include <utility>

namespace anabranch::cluster {

ReplicaStatus Replica::status(Now now) const {
  const wire::StoreState& durable = ledger_.durable();
  ReplicaStatus status;
  status.replica = durable.replica;
  status.ready = ready();
  status.storage_ok = storage_ok_;
  status.damaged = durable.damaged;
  status.admitted = durable.standing.admitted;
  status.collection_held_back = collection_.cut.held_back();
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
