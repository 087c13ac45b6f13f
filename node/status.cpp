#include "node/status.h"

#include "node/plain_json.h"
#include "node/version.h"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

namespace anabranch::node {

namespace {

namespace json = boost::json;

template <class T>
json::value or_null(const std::optional<T>& known) {
  return known ? json::value(*known) : json::value();
}

std::string_view region_of(const ClusterConfig& cluster, const std::string& name) {
  const MemberConfig* member = cluster.find(name);
  return member ? std::string_view(member->region) : std::string_view();
}

json::object vector_json(const crdt::VersionVector& vector) {
  json::object object;
  for (const auto& [origin, seq] : vector.entries()) object[origin.to_string()] = seq;
  return object;
}

json::object queues_json(const cluster::ReplicaLoad& load) {
  return {{"document_bytes", load.document_bytes},
          {"stream_bytes", load.stream_bytes},
          {"pull_pieces", load.pull_pieces},
          {"held", load.held}};
}

/// Null where nothing holds it back.
json::value collection_obstacle(const cluster::ReplicaStatus& replica) {
  const std::string& obstacle = replica.collection_held_back;
  return obstacle.empty() ? json::value() : json::value(obstacle);
}

json::value client_url_of(const ClusterConfig& cluster, const std::string& name) {
  const MemberConfig* member = cluster.find(name);
  return member && !member->client_url.empty() ? json::value(member->client_url) : json::value();
}

json::object peer_json(const cluster::PeerStatus& peer, const ClusterConfig& cluster) {
  json::value replica;
  json::value ready;
  json::value draining;
  json::value admitted;
  if (peer.replica) {
    replica = peer.replica->to_string();
    ready = peer.ready;
    draining = peer.draining;
    admitted = peer.admitted;
  }
  return {{"name", peer.name},
          {"region", peer.region},
          {"replica_id", std::move(replica)},
          {"client_url", client_url_of(cluster, peer.name)},
          {"connected", peer.connected},
          {"ready", std::move(ready)},
          {"draining", std::move(draining)},
          {"admitted", std::move(admitted)},
          {"epoch", or_null(peer.epoch)},
          {"lag_writes", or_null(peer.lag_writes)},
          {"lag_seconds", or_null(peer.lag_seconds)},
          {"behind_writes", or_null(peer.behind_writes)},
          {"digest_equal", or_null(peer.digest_equal)},
          {"last_heartbeat_seconds", or_null(peer.last_heartbeat_seconds)},
          {"clock_offset_ms", or_null(peer.clock_offset_ms)}};
}

json::object counters_json(const cluster::Counters& counters) {
  return {{"updates_accepted", counters.updates_accepted},
          {"updates_stale", counters.updates_stale},
          {"updates_rejected", counters.updates_rejected},
          {"peer_writes_applied", counters.peer_writes_applied},
          {"gaps_found", counters.gaps_found},
          {"pulls", counters.pulls},
          {"divergences_found", counters.divergences_found},
          {"divergences_repaired", counters.divergences_repaired},
          {"floors_raised", counters.floors_raised},
          {"tombstones_collected", counters.tombstones_collected}};
}

}  // namespace

std::string status_json(const NodeConfig& node, const ClusterConfig& cluster,
                        const cluster::ReplicaStatus& replica, const ProcessStatus& process) {
  json::array peers;
  for (const cluster::PeerStatus& peer : replica.peers) {
    peers.push_back(peer_json(peer, cluster));
  }
  const wire::StateTotals& totals = replica.totals;
  const json::object status{
      {"name", node.name},
      {"region", json::string_view(region_of(cluster, node.name).data(),
                                   region_of(cluster, node.name).size())},
      {"replica_id", replica.replica.to_string()},
      {"version", json::string_view(version().data(), version().size())},
      {"uptime_seconds", process.uptime_seconds},
      {"ready", replica.ready && !process.draining},
      {"draining", process.draining},
      {"storage_ok", replica.storage_ok},
      {"damaged", replica.damaged},
      {"admitted", replica.admitted},
      {"cluster", {{"name", cluster.name}, {"epoch", cluster.epoch}}},
      {"clients", {{"connections", process.connections}, {"users", process.users}}},
      {"state",
       {{"users", totals.users},
        {"records", totals.values},
        {"tombstones", totals.tombstones},
        {"bytes", totals.bytes},
        {"digest", replica.digest}}},
      {"collection", {{"held_back_by", collection_obstacle(replica)}}},
      {"acks", {{"required", cluster.replication.acks}, {"waiting", replica.load.acks_waiting}}},
      {"queues", queues_json(replica.load)},
      {"version_vector", vector_json(replica.vector)},
      {"origins_retired", replica.origins_retired},
      {"clock_offset_limit_ms", cluster::worrying_clock_offset_ms},
      {"peers", std::move(peers)},
      {"counters", counters_json(replica.counters)}};
  return plain_json(status);
}

std::string changes_json(const std::vector<std::string>& changes) {
  json::array lines;
  for (const std::string& change : changes) lines.emplace_back(change);
  return json::serialize(json::object{{"changes", std::move(lines)}});
}

std::string nodes_json(const NodeConfig& node, const ClusterConfig& cluster,
                       const cluster::ReplicaStatus& replica, bool draining) {
  json::array nodes;
  for (const MemberConfig& member : cluster.members) {
    if (member.client_url.empty()) continue;
    bool ready = replica.ready && !draining;
    if (member.name != node.name) {
      const auto peer =
          std::find_if(replica.peers.begin(), replica.peers.end(),
                       [&](const cluster::PeerStatus& one) { return one.name == member.name; });
      ready = peer != replica.peers.end() && peer->connected && peer->ready;
    }
    nodes.push_back({{"name", member.name},
                     {"region", member.region},
                     {"url", member.client_url},
                     {"ready", ready}});
  }
  return json::serialize(nodes);
}

}  // namespace anabranch::node
