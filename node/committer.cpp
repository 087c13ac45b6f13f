#include "node/committer.h"

#include "storage/sync_time.h"

#include <chrono>
#include <utility>

namespace anabranch::node {

Committer::Committer(storage::Store& store, Timings& timings, const Log& log,
                     std::function<void(cluster::Committed)> done)

    : store_(store), timings_(timings), log_(log), done_(std::move(done)), thread_([this] {
        run();
      }) {}

Committer::~Committer() {
  inbox_.close();
  thread_.join();
}

void Committer::run() {
  storage::SyncTime sync;
  while (true) {
    const auto commits = inbox_.take(std::chrono::steady_clock::now() + std::chrono::hours(1));
    if (commits.empty() && inbox_.closed()) return;
    for (const cluster::Commit& commit : commits) {
      const auto begun = std::chrono::steady_clock::now();
      const auto written = store_.commit(*commit.batch);
      timings_.observe_commit(std::chrono::steady_clock::now() - begun,
                              commit.batch->records.size(), sync.take());
      if (!written) log_.error("commit failed", {{"error", written.error().message}});
      done_({commit.ticket, written.has_value()});
    }
  }
}

}  // namespace anabranch::node
