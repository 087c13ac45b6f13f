#include "node/metrics.h"

#include "node/version.h"
#include "wire/client_messages.h"

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace anabranch::node {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// From 100 µs, an fsync that a disk's cache answers, to 10 s, a disk in trouble.
prometheus::Histogram::BucketBoundaries seconds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

prometheus::Histogram::BucketBoundaries counts() {
  return {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000};
}

/// Gathers families in the order in which they are told.
class Families {
 public:
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    family(name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
  }
  void counter(const std::string& name, const std::string& help, std::uint64_t value,
               Labels labels = {}) {
    fractional_counter(name, help, static_cast<double>(value), std::move(labels));
  }
  /// A counter of what does not come in pieces.
  void fractional_counter(const std::string& name, const std::string& help, double value,
                          Labels labels = {}) {
    family(name, help, MetricType::Counter, std::move(labels)).counter.value = value;
  }
  void histogram(const std::string& name, const std::string& help,
                 const prometheus::Histogram& histogram) {
    family(name, help, MetricType::Histogram, {}).histogram = histogram.Collect().histogram;
  }
  void histogram(const std::string& name, const std::string& help, const DurationCounts& counts,
                 Labels labels = {}) {
    family(name, help, MetricType::Histogram, std::move(labels)).histogram = histogram_of(counts);
  }

  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  static ClientMetric::Histogram histogram_of(const DurationCounts& counts) {
    constexpr double ns_per_second = 1e9;
    ClientMetric::Histogram histogram;
    for (std::size_t i = 0; i < DurationCounts::size; ++i) {
      const bool is_last = i == DurationCounts::bounds_ns.size();
      histogram.sample_count += counts.buckets[i];
      histogram.bucket.push_back(
          {histogram.sample_count,
           is_last ? std::numeric_limits<double>::infinity()
                   : static_cast<double>(DurationCounts::bounds_ns[i]) / ns_per_second});
    }
    histogram.sample_sum = static_cast<double>(counts.sum_ns) / ns_per_second;
    return histogram;
  }

  /// A metric of the family of this name, which is made with its first one.
  ClientMetric& family(const std::string& name, const std::string& help, MetricType type,
                       Labels labels) {
    if (families_.empty() || families_.back().name != name) {
      families_.push_back({name, help, type, {}});
    }
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }

  std::vector<MetricFamily> families_;
};

void add_node(Families& out, const cluster::ReplicaStatus& replica, const ProcessStatus& process) {
  out.gauge("anabranch_build_info", "Always 1; the program's version is a label", 1,
            {{"version", std::string(version())}});
  out.gauge("anabranch_uptime_seconds", "Since the start of the process", process.uptime_seconds);
  out.gauge("anabranch_ready", "1 while the node takes clients",
            replica.ready && !process.draining ? 1 : 0);
  out.gauge("anabranch_draining", "1 while the node moves its clients away", process.draining);
  out.gauge("anabranch_storage_ok", "0 while the disk refuses writes", replica.storage_ok);
  out.gauge("anabranch_damaged", "1 while records on disk wait for their repair", replica.damaged);
  out.gauge("anabranch_admitted", "0 while the node waits for the others to give it their state",
            replica.admitted);
  out.gauge("anabranch_collection_held_back",
            "1 while tombstones are kept because of a node; the status says which",
            !replica.collection_held_back.empty());
  out.gauge("anabranch_origins",
            "Replica ids that have ever written, as the version vector has them",
            static_cast<double>(replica.vector.entries().size()));
  out.gauge("anabranch_origins_retired",
            "Those of them whose disks are gone and whose writes are all replaced",
            static_cast<double>(replica.origins_retired));
  out.gauge("anabranch_cluster_epoch", "Epoch of the cluster file that the node goes by",
            static_cast<double>(replica.epoch));
  out.gauge("anabranch_connections", "Clients that have authenticated",
            static_cast<double>(process.connections));
  out.gauge("anabranch_connections_limit", "How many clients may connect, as the settings say",
            static_cast<double>(process.connections_limit));
  out.gauge("anabranch_users_connected", "Users with at least one connection",
            static_cast<double>(process.users));
  out.gauge("anabranch_acks_required",
            "Other nodes' disks that a replicated ack stands for; 0: none is sent",
            static_cast<double>(process.acks_required));
  if (process.tls_expires_at_s) {
    out.gauge("anabranch_tls_certificate_expiry_seconds",
              "Unix time at which the certificate for clients ends",
              static_cast<double>(*process.tls_expires_at_s));
  }
}

void add_state(Families& out, const wire::StateTotals& totals) {
  const auto gauge = [&out](const std::string& name, const std::string& help, std::uint64_t value) {
    out.gauge(name, help, static_cast<double>(value));
  };
  gauge("anabranch_state_users", "Users with at least one record", totals.users);
  gauge("anabranch_state_records", "Values kept", totals.values);
  gauge("anabranch_state_tombstones", "Deletes kept", totals.tombstones);
  gauge("anabranch_state_bytes", "Paths and values, as the limits count them", totals.bytes);
}

std::string name_of_code(std::uint16_t code) { return code == 0 ? "other" : std::to_string(code); }

void add_connections(Families& out, const ConnectionCounts& counts) {
  out.counter("anabranch_connections_opened_total", "WebSocket connections opened", counts.opened);
  for (std::size_t i = 0; i < counts.closed.size(); ++i) {
    out.counter("anabranch_connections_closed_total", "WebSocket connections ended, by close code",
                counts.closed[i], {{"code", name_of_code(ConnectionCounts::codes[i])}});
  }
  for (std::size_t i = 0; i < counts.refused.size(); ++i) {
    const auto reason = static_cast<transport::UpgradeRefusal>(i);
    out.counter("anabranch_upgrades_refused_total", "Upgrades to WebSocket that were not granted",
                counts.refused[i], {{"reason", std::string(to_string(reason))}});
  }
}

void add_client_times(Families& out, const transport::FrameTimes& times) {
  out.histogram("anabranch_update_ack_seconds",
                "From an update's frame being read to its local ack being written", times.ack);
  out.histogram("anabranch_update_sync_seconds",
                "From an update's frame being read to its event being written, for each other "
                "session at this node",
                times.sync);
}

void add_queues(Families& out, const cluster::ReplicaLoad& load, const ProcessStatus& process) {
  const std::string depth = "anabranch_queue_depth";
  const std::string depth_help = "What waits, in pieces";
  out.gauge("anabranch_acks_waiting", "Acks that wait for other nodes' disks",
            static_cast<double>(load.acks_waiting));
  out.gauge(depth, depth_help, static_cast<double>(load.held), {{"queue", "held"}});
  out.gauge(depth, depth_help, static_cast<double>(load.pull_pieces), {{"queue", "pull_pieces"}});
  out.gauge(depth, depth_help, static_cast<double>(process.inbox), {{"queue", "inbox"}});
  const std::string bytes = "anabranch_queue_bytes";
  const std::string bytes_help = "What is kept in memory, in bytes";
  out.gauge(bytes, bytes_help, static_cast<double>(load.document_bytes), {{"queue", "documents"}});
  out.gauge(bytes, bytes_help, static_cast<double>(load.stream_bytes), {{"queue", "streams"}});
  out.gauge(bytes, bytes_help, static_cast<double>(process.send_queue_bytes), {{"queue", "send"}});
  out.gauge(bytes, bytes_help, static_cast<double>(process.peer_inbox_bytes),
            {{"queue", "peer_inbox"}});
}

void add_counters(Families& out, const cluster::Counters& counters) {
  out.counter("anabranch_updates_accepted_total", "Updates and batches acked as applied",
              counters.updates_accepted);
  out.counter("anabranch_updates_stale_total",
              "Updates and batches acked as not applied: a newer write had won",
              counters.updates_stale);
  for (const auto& [code, count] : counters.rejected_by_code) {
    out.counter("anabranch_updates_rejected_total", "Updates and batches answered by an error",
                count, {{"code", std::string(wire::to_string(code))}});
  }
  out.counter("anabranch_peer_writes_applied_total", "Writes taken from peers",
              counters.peer_writes_applied);
  out.counter("anabranch_gaps_found_total", "Publications found to be lost", counters.gaps_found);
  out.counter("anabranch_pulls_total", "Pulls begun", counters.pulls);
  out.counter("anabranch_divergences_found_total",
              "Records or digests that were not as they should be", counters.divergences_found);
  out.counter("anabranch_divergences_repaired_total", "Repairs that have ended",
              counters.divergences_repaired);
  out.counter("anabranch_floors_raised_total",
              "Times that a user's floor was raised, below which writes are too old",
              counters.floors_raised);
  out.counter("anabranch_tombstones_collected_total", "Tombstones dropped past their retention",
              counters.tombstones_collected);
}

/// One family for each figure, with one metric for each peer of which it is known.
template <class Read>
void add_of_peers(Families& out, const std::vector<cluster::PeerStatus>& peers,
                  const std::string& name, const std::string& help, Read read) {
  for (const cluster::PeerStatus& peer : peers) {
    const std::optional<double> value = read(peer);
    if (value) out.gauge(name, help, *value, {{"peer", peer.name}});
  }
}

template <class T>
std::optional<double> number(const std::optional<T>& known) {
  if (!known) return {};
  return static_cast<double>(*known);
}

void add_peers(Families& out, const std::vector<cluster::PeerStatus>& peers) {
  using cluster::PeerStatus;
  const auto add = [&](const std::string& name, const std::string& help, auto read) {
    add_of_peers(out, peers, "anabranch_peer_" + name, help, read);
  };
  add("connected", "1 while its heartbeats come",
      [](const PeerStatus& peer) { return std::optional<double>(peer.connected); });
  add("lag_writes", "Writes of this node that the peer has not on disk",
      [](const PeerStatus& peer) { return number(peer.lag_writes); });
  add("lag_seconds", "Since the first of them was committed here",
      [](const PeerStatus& peer) { return number(peer.lag_seconds); });
  add("behind_writes", "Writes of the peer that this node lacks",
      [](const PeerStatus& peer) { return number(peer.behind_writes); });
  add("digest_equal", "Whether both hold the same; known at equal vectors alone",
      [](const PeerStatus& peer) { return number(peer.digest_equal); });
  add("clock_offset_seconds", "The peer's clock less this node's", [](const PeerStatus& peer) {
    return peer.clock_offset_ms ? std::optional(*peer.clock_offset_ms / 1000.0) : std::nullopt;
  });
  add("clock_warning", "1 while its clock is so far off that the log warns of it",
      [](const PeerStatus& peer) {
        return peer.clock_offset_ms ? std::optional<double>(peer.clock_warning) : std::nullopt;
      });
  add("epoch", "Epoch of the cluster file that the peer goes by",
      [](const PeerStatus& peer) { return number(peer.epoch); });
  add("heartbeat_age_seconds", "Since its last heartbeat",
      [](const PeerStatus& peer) { return number(peer.last_heartbeat_seconds); });
  for (const PeerStatus& peer : peers) {
    out.histogram("anabranch_replication_lag_seconds",
                  "From a write's commit at the peer to its commit here, by publication",
                  peer.replication_lag, {{"peer", peer.name}});
  }
}

/// What every process has goes by the names that Prometheus' own libraries give it.
void add_resources(Families& out, const ResourceUse& resources) {
  out.fractional_counter("process_cpu_seconds_total", "Processor time of all threads",
                         resources.cpu_seconds);
  if (resources.resident_bytes) {
    out.gauge("process_resident_memory_bytes", "Memory that the process holds",
              static_cast<double>(*resources.resident_bytes));
  }
  if (!resources.disk) return;
  out.gauge("anabranch_disk_size_bytes", "Of the file system that the data directory is on",
            static_cast<double>(resources.disk->size));
  out.gauge("anabranch_disk_available_bytes", "What the node may still take of it",
            static_cast<double>(resources.disk->available));
}

}  // namespace

struct Timings::Histograms {
  prometheus::Histogram commit_seconds{seconds()};
  prometheus::Histogram commit_records{counts()};
  prometheus::Histogram fsync_seconds{seconds()};
};

Timings::Timings() : histograms_(std::make_unique<Histograms>()) {}
Timings::~Timings() = default;

void Timings::observe_commit(std::chrono::duration<double> taken, std::size_t records,
                             std::chrono::duration<double> sync) {
  if (sync.count() > 0) histograms_->fsync_seconds.Observe(sync.count());
  histograms_->commit_seconds.Observe(taken.count());
  histograms_->commit_records.Observe(static_cast<double>(records));
}

std::string metrics_text(const cluster::ReplicaStatus& replica, const ProcessStatus& process,
                         const Timings& timings, const ResourceUse& resources) {
  Families out;
  add_node(out, replica, process);
  add_state(out, replica.totals);
  add_connections(out, process.connection_counts);
  add_client_times(out, process.frame_times);
  add_queues(out, replica.load, process);
  add_counters(out, replica.counters);
  add_peers(out, replica.peers);
  out.histogram("anabranch_commit_seconds", "One group's write and fsync",
                timings.histograms().commit_seconds);
  out.histogram("anabranch_commit_fsync_seconds", "What of a group's write was waiting for fsync",
                timings.histograms().fsync_seconds);
  out.histogram("anabranch_commit_records", "Records that one group put or took away",
                timings.histograms().commit_records);
  add_resources(out, resources);
  return out.text();
}

}  // namespace anabranch::node
