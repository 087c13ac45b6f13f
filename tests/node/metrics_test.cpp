#include "node/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::node {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const cluster::ReplicaStatus& replica, const ProcessStatus& process = {}) {
  return metrics_text(replica, process, Timings(), {});
}

TEST(Metrics, TellTheStatus) {
  cluster::ReplicaStatus replica;
  replica.ready = true;
  replica.totals = {5, 1234, 7, 88231};
  replica.counters.updates_accepted = 9;
  replica.load.acks_waiting = 3;
  ProcessStatus process;
  process.connections = 12;
  process.connections_limit = 5000;
  process.acks_required = 2;
  const std::string text = text_of(replica, process);
  EXPECT_THAT(text, HasSubstr("# TYPE anabranch_ready gauge\nanabranch_ready 1\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_state_records 1234\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_connections 12\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_connections_limit 5000\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_acks_waiting 3\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_acks_required 2\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE anabranch_updates_accepted_total counter\n"
                              "anabranch_updates_accepted_total 9\n"));
}

TEST(Metrics, TellOfAdmissionAndCollection) {
  cluster::ReplicaStatus replica;
  replica.counters.floors_raised = 3;
  replica.counters.tombstones_collected = 4;
  const std::string before = text_of(replica);
  EXPECT_THAT(before, HasSubstr("\nanabranch_admitted 0\n"));
  EXPECT_THAT(before, HasSubstr("\nanabranch_collection_held_back 0\n"));
  EXPECT_THAT(before, HasSubstr("# TYPE anabranch_floors_raised_total counter\n"
                                "anabranch_floors_raised_total 3\n"));
  EXPECT_THAT(before, HasSubstr("# TYPE anabranch_tombstones_collected_total counter\n"
                                "anabranch_tombstones_collected_total 4\n"));
  replica.admitted = true;
  replica.collection_held_back = "us is silent";
  const std::string after = text_of(replica);
  EXPECT_THAT(after, HasSubstr("\nanabranch_admitted 1\n"));
  EXPECT_THAT(after, HasSubstr("\nanabranch_collection_held_back 1\n"));
}

TEST(Metrics, ADrainingNodeIsNotReady) {
  cluster::ReplicaStatus replica;
  replica.ready = true;
  ProcessStatus process;
  process.draining = true;
  EXPECT_THAT(text_of(replica, process), HasSubstr("\nanabranch_ready 0\n"));
}

TEST(Metrics, TheCertificatesEndIsToldWhereThereIsOne) {
  ProcessStatus process;
  EXPECT_THAT(text_of({}, process), Not(HasSubstr("tls_certificate")));
  process.tls_expires_at_s = 1795000001;
  EXPECT_THAT(text_of({}, process),
              HasSubstr("\nanabranch_tls_certificate_expiry_seconds 1795000001\n"));
}

TEST(Metrics, RejectionsAreToldByCode) {
  cluster::ReplicaStatus replica;
  replica.counters.rejected_by_code[wire::ErrorCode::rate_limited] = 4;
  EXPECT_THAT(text_of(replica),
              HasSubstr("anabranch_updates_rejected_total{code=\"rate_limited\"} 4\n"));
}

TEST(Metrics, WhatIsNotKnownOfAPeerIsLeftOut) {
  cluster::ReplicaStatus replica;
  replica.peers.resize(2);
  replica.peers[0].name = "us";
  replica.peers[0].connected = true;
  replica.peers[0].clock_offset_ms = -1500.0;
  replica.peers[0].digest_equal = false;
  replica.peers[1].name = "a\"p";
  const std::string text = text_of(replica);
  EXPECT_THAT(text, HasSubstr("anabranch_peer_connected{peer=\"us\"} 1\n"
                              "anabranch_peer_connected{peer=\"a\\\"p\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_peer_clock_offset_seconds{peer=\"us\"} -1.5\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_peer_digest_equal{peer=\"us\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("digest_equal{peer=\"a")));
  EXPECT_THAT(text, Not(HasSubstr("peer_lag_seconds")));
}

TEST(Metrics, TimesAreHistograms) {
  Timings timings;
  timings.observe_commit(std::chrono::microseconds(700), 3, std::chrono::microseconds(200));
  timings.observe_commit(std::chrono::milliseconds(300), 1);
  const std::string text = metrics_text({}, {}, timings, {});
  EXPECT_THAT(text, HasSubstr("# TYPE anabranch_commit_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_commit_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_commit_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_commit_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_commit_fsync_seconds_count 1\n")) << "one is not known";
  EXPECT_THAT(text, HasSubstr("anabranch_commit_fsync_seconds_bucket{le=\"0.00025\"} 1\n"));
}

TEST(Metrics, ConnectionsAreCountedByCodeAndReason) {
  ProcessStatus process;
  process.connection_counts.opened = 9;
  process.connection_counts.closed[1] = 4;
  process.connection_counts.closed.back() = 2;
  process.connection_counts.refused[2] = 3;
  const std::string text = text_of({}, process);
  EXPECT_THAT(text, HasSubstr("\nanabranch_connections_opened_total 9\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_connections_closed_total{code=\"1001\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_connections_closed_total{code=\"4408\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_connections_closed_total{code=\"other\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_upgrades_refused_total{reason=\"origin\"} 3\n"));
}

TEST(Metrics, WhatWaitsIsTold) {
  ProcessStatus process;
  process.send_queue_bytes = 1234;
  process.inbox = 5;
  process.peer_inbox_bytes = 77;
  const std::string text = text_of({}, process);
  EXPECT_THAT(text, HasSubstr("\nanabranch_queue_bytes{queue=\"send\"} 1234\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_queue_bytes{queue=\"peer_inbox\"} 77\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_queue_depth{queue=\"inbox\"} 5\n"));
}

TEST(Metrics, DurationsAreHistogramsInSeconds) {
  ProcessStatus process;
  process.frame_times.ack.add(40'000);
  process.frame_times.ack.add(2'000'000, 2);
  process.frame_times.ack.add(20'000'000'000);
  cluster::ReplicaStatus replica;
  replica.peers.resize(1);
  replica.peers[0].name = "us";
  replica.peers[0].replication_lag.add(3'000'000);
  const std::string text = text_of(replica, process);
  EXPECT_THAT(text, HasSubstr("# TYPE anabranch_update_ack_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_update_ack_seconds_count 4\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_update_ack_seconds_sum 20.00404\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_update_ack_seconds_bucket{le=\"5e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_update_ack_seconds_bucket{le=\"0.0025\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_update_ack_seconds_bucket{le=\"10\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_update_ack_seconds_bucket{le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_update_sync_seconds_count 0\n"));
  EXPECT_THAT(text, HasSubstr("\nanabranch_replication_lag_seconds_count{peer=\"us\"} 1\n"));
}

TEST(Metrics, AClockThatIsFarOffIsMarked) {
  cluster::ReplicaStatus replica;
  replica.peers.resize(2);
  replica.peers[0].name = "us";
  replica.peers[0].clock_offset_ms = 6000;
  replica.peers[0].clock_warning = true;
  replica.peers[1].name = "ap";
  const std::string text = text_of(replica);
  EXPECT_THAT(text, HasSubstr("anabranch_peer_clock_warning{peer=\"us\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("clock_warning{peer=\"ap\"}")));
}

TEST(Metrics, WhatTheProcessTakesIsTold) {
  ResourceUse resources;
  resources.cpu_seconds = 1.5;
  const auto text = [&resources] { return metrics_text({}, {}, Timings(), resources); };
  EXPECT_THAT(text(), HasSubstr("# TYPE process_cpu_seconds_total counter\n"
                                "process_cpu_seconds_total 1.5\n"));
  EXPECT_THAT(text(), Not(HasSubstr("anabranch_disk")));
  EXPECT_THAT(text(), Not(HasSubstr("resident")));
  resources.resident_bytes = 4096;
  resources.disk = DiskSpace{1000, 300};
  EXPECT_THAT(text(), HasSubstr("\nprocess_resident_memory_bytes 4096\n"));
  EXPECT_THAT(text(), HasSubstr("\nanabranch_disk_size_bytes 1000\n"));
  EXPECT_THAT(text(), HasSubstr("\nanabranch_disk_available_bytes 300\n"));
}

}  // namespace
}  // namespace anabranch::node
