#pragma once

#include "cluster/replica_status.h"
#include "node/resource_use.h"
#include "node/status.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace anabranch::node {

/// What cannot be read off a status: how long things took, since the start of the process. Safe
/// from any thread.
class Timings {
 public:
  Timings();
  ~Timings();
  Timings(const Timings&) = delete;
  Timings& operator=(const Timings&) = delete;

  /// One group's write, how many records it put or took away, and how much of the time it waited
  /// for the fsync (0: not known).
  void observe_commit(std::chrono::duration<double> taken, std::size_t records,
                      std::chrono::duration<double> sync = {});

  struct Histograms;
  const Histograms& histograms() const { return *histograms_; }

 private:
  std::unique_ptr<Histograms> histograms_;
};

/// The answer of /metrics: what the status tells, the timings, and what the process takes, in
/// Prometheus' text format. What is not known of a peer yet is left out.
std::string metrics_text(const cluster::ReplicaStatus& replica, const ProcessStatus& process,
                         const Timings& timings, const ResourceUse& resources);

}  // namespace anabranch::node
