#pragma once

#include "load/results.h"
#include "load/update_watch.h"
#include "load/worker.h"

#include <condition_variable>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace anabranch::load {

/// Who takes part. Device d of each user connects to node d modulo the nodes, so that with several
/// nodes writers and readers are at different ones.
struct FleetPlan {
  std::vector<Endpoint> nodes;  ///< resolved
  std::size_t users = 1;
  std::size_t devices = 2;  ///< of each user
  std::size_t writers = 1;  ///< of these; the first ones
  std::size_t threads = 1;
  std::size_t value_bytes = 200;
  std::size_t paths = 10;  ///< that each writer writes in turn
  const Dialect* dialect = &anabranch_dialect();
  TlsSettings tls;
  std::vector<pid_t> pids;           ///< the processes under test
  std::vector<std::string> tokens;   ///< of the users
  std::ostream* progress = nullptr;  ///< gets a line each second; null: none
};

/// All devices and the threads that drive them. For one thread, which is the one that reports
/// progress; it must outlive none of its calls.
class Fleet {
 public:
  /// Errc::invalid_config.
  static Result<std::unique_ptr<Fleet>> make(FleetPlan plan);

  const FleetPlan& plan() const { return plan_; }
  std::size_t size() const { return plan_.users * plan_.devices; }

  /// `per_second` 0: as fast as it goes, with `at_once` on their way.
  ConnectResult connect(double per_second, std::size_t at_once);
  void disconnect();
  UpdateResult update(const UpdatePlan& plan);
  /// Doubles the rate until it fails, twice in a row, then closes in on the highest that does not.
  SearchResult search(UpdatePlan plan, double bound_seconds);
  FillResult fill(std::size_t paths);
  ResumeResult resume(bool by_cursor, bool reconnect);
  /// Keeps the connections open for so long.
  void hold(Nanoseconds length);

  Counts counts() const;
  Findings findings() const;
  /// Of the processes under test; nothing where there are none, or they are gone.
  std::optional<ProcessUse> server_use() const;

 private:
  explicit Fleet(FleetPlan plan) : plan_(std::move(plan)) {}

  using Phase = std::function<void(Worker&)>;
  /// Runs a phase on all threads and meanwhile calls `watch` every few milliseconds.
  void run(const Phase& phase, const std::function<void()>& watch);
  void clear();
  void tell_progress(const char* what, Nanoseconds start);
  UpdateResult send_and_await(const UpdatePlan& plan);
  UpdateResult trial(UpdatePlan plan, double per_second);
  /// True where a trial at that rate passes; all of them go into `result`.
  bool try_rate(const UpdatePlan& plan, double per_second, SearchResult& result);

  FleetPlan plan_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex mutex_;  // guards running_
  std::condition_variable ended_;
  std::size_t running_ = 0;
  Nanoseconds told_at_ = 0;
  Counts told_;
};

}  // namespace anabranch::load
