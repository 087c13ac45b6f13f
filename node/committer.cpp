#include "node/committer.h"

#include <chrono>
#include <utility>

namespace anabranch::node {

Committer::Committer(storage::Store& store, const Log& log,
                     std::function<void(cluster::Committed)> done)
    : store_(store), log_(log), done_(std::move(done)), thread_([this] { run(); }) {}

Committer::~Committer() {
  inbox_.close();
  thread_.join();
}

void Committer::run() {
  while (true) {
    const auto commits = inbox_.take(std::chrono::steady_clock::now() + std::chrono::hours(1));
    if (commits.empty() && inbox_.closed()) return;
    for (const cluster::Commit& commit : commits) {
      const auto written = store_.commit(commit.batch);
      if (!written) log_.error("commit failed", {{"error", written.error().message}});
      done_({commit.ticket, written.has_value()});
    }
  }
}

}  // namespace anabranch::node
