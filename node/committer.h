#pragma once

#include "cluster/replica_io.h"
#include "node/inbox.h"
#include "node/log.h"
#include "node/metrics.h"
#include "storage/store.h"

#include <functional>
#include <thread>

namespace anabranch::node {

/// The thread that waits for the disk: one atomic, fsynced write for each group, while the
/// replica prepares the next.
class Committer {
 public:
  /// `done` is called on the committer's thread. `store`, `timings` and `log` outlive the
  /// committer.
  Committer(storage::Store& store, Timings& timings, const Log& log,
            std::function<void(cluster::Committed)> done);
  ~Committer();  ///< ends after the commit under way
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  void commit(cluster::Commit commit) { inbox_.push(std::move(commit)); }

 private:
  void run();

  storage::Store& store_;
  Timings& timings_;
  const Log& log_;
  std::function<void(cluster::Committed)> done_;
  Inbox<cluster::Commit> inbox_;
  std::thread thread_;
};

}  // namespace anabranch::node
