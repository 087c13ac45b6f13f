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

TEST(Metrics, ADrainingNodeIsNotReady) {
  cluster::ReplicaStatus replica;
  replica.ready = true;
  ProcessStatus process;
  process.draining = true;
  EXPECT_THAT(text_of(replica, process), HasSubstr("\nanabranch_ready 0\n"));
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
  EXPECT_THAT(text, Not(HasSubstr("lag_seconds")));
}

TEST(Metrics, TimesAreHistograms) {
  Timings timings;
  timings.observe_commit(std::chrono::microseconds(700), 3);
  timings.observe_commit(std::chrono::milliseconds(300), 1);
  const std::string text = metrics_text({}, {}, timings, {});
  EXPECT_THAT(text, HasSubstr("# TYPE anabranch_commit_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_commit_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_commit_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("anabranch_commit_seconds_bucket{le=\"+Inf\"} 2\n"));
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
