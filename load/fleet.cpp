#include "load/fleet.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ostream>
#include <thread>
#include <utility>

namespace anabranch::load {

namespace {

constexpr auto watch_interval = std::chrono::milliseconds(5);
/// So long after the call everything begins, so that all threads are there.
constexpr Nanoseconds time_to_gather = 20 * millisecond;
/// A connection, or a state, that takes longer has failed.
constexpr Nanoseconds patience = 60 * second;

}  // namespace

Result<std::unique_ptr<Fleet>> Fleet::make(FleetPlan plan) {
  const bool speaks_tls = std::ranges::any_of(plan.nodes, &Endpoint::tls);
  auto settings = ConnectionSettings::make(speaks_tls ? &plan.tls : nullptr);
  if (!settings) return tl::unexpected(settings.error());
  const std::size_t files = raise_file_limit();
  constexpr std::size_t own_files = 64;
  if (plan.users * plan.devices + own_files > files) {
    return fail(Errc::invalid_config, "this process may have " + std::to_string(files) +
                                          " open files, too few for " +
                                          std::to_string(plan.users * plan.devices) +
                                          " connections: raise the limit (ulimit -n)");
  }
  std::unique_ptr<Fleet> fleet(new Fleet(std::move(plan)));
  const FleetPlan& made = fleet->plan_;
  fleet->workers_.reserve(made.threads);
  const StampClock clock = StampClock::start();
  for (std::size_t i = 0; i < made.threads; ++i) {
    fleet->workers_.push_back(
        std::make_unique<Worker>(*settings, *made.dialect, clock, made.value_bytes, made.paths));
  }
  for (std::size_t user = 0; user < made.users; ++user) {
    for (std::size_t device = 0; device < made.devices; ++device) {
      const std::size_t number = user * made.devices + device;
      std::optional<std::size_t> sender;
      if (device < made.writers) sender = user * made.writers + device;
      fleet->workers_[number % made.threads]->add(
          {device, &made.nodes[device % made.nodes.size()], made.tokens[user]}, sender);
    }
  }
  return fleet;
}

void Fleet::run(const Phase& phase, const std::function<void()>& watch) {
  std::vector<std::thread> threads;
  threads.reserve(workers_.size());
  running_ = workers_.size();
  for (const auto& worker : workers_) {
    threads.emplace_back([this, &phase, &worker] {
      phase(*worker);
      const std::lock_guard lock(mutex_);
      --running_;
      ended_.notify_one();
    });
  }
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, watch_interval, [this] { return running_ == 0; })) {
    lock.unlock();
    watch();
    lock.lock();
  }
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
}

void Fleet::clear() {
  for (const auto& worker : workers_) worker->tally().clear();
  told_at_ = now();
  told_ = counts();
}

Counts Fleet::counts() const {
  Counts all;
  for (const auto& worker : workers_) all += worker->tally().counts();
  return all;
}

Findings Fleet::findings() const {
  Findings all;
  for (const auto& worker : workers_) all.add(worker->tally());
  return all;
}

std::optional<ProcessUse> Fleet::server_use() const {
  if (plan_.pids.empty()) return std::nullopt;
  const auto use = look_at_processes(plan_.pids);
  return use ? std::optional(*use) : std::nullopt;
}

void Fleet::tell_progress(const char* what, Nanoseconds start) {
  const Nanoseconds time = now();
  if (plan_.progress == nullptr || time < told_at_ + second) return;
  const Counts all = counts();
  const Counts since = all - told_;
  const double span = to_seconds(time - told_at_);
  const auto rate = [span](std::uint64_t count) { return static_cast<double>(count) / span; };
  char line[200];
  std::snprintf(line, sizeof line,
                "%s %4.0f s: %.0f connected/s, %.0f sent/s, %.0f acked/s, %.0f delivered/s, %.0f "
                "states/s, %llu unanswered, %llu failed\n",
                what, to_seconds(time - start), rate(since.connected), rate(since.sent),
                rate(since.answered()), rate(since.delivered), rate(since.states),
                static_cast<unsigned long long>(all.sent - std::min(all.sent, all.answered())),
                static_cast<unsigned long long>(all.failed));
  *plan_.progress << line << std::flush;
  told_at_ = time;
  told_ = all;
}

// ---- connecting

ConnectResult Fleet::connect(double per_second, std::size_t at_once) {
  clear();
  const Counts before = counts();
  const auto used_before = server_use();
  const double own_before = own_cpu_seconds();
  Ramp ramp;
  ramp.per_second = per_second;
  ramp.threads = plan_.threads;
  ramp.at_once = std::max<std::size_t>(1, at_once / plan_.threads);
  std::atomic<bool> stop = false;
  const Nanoseconds start = now();
  Nanoseconds last_change = start;
  Counts last = before;
  run([&](Worker& worker) { worker.connect(ramp, stop); },
      [&] {
        const Counts all = counts();
        if (all.connected + all.failed != last.connected + last.failed) last_change = now();
        last = all;
        if (now() > last_change + patience) stop = true;
        tell_progress("connecting", start);
      });
  ConnectResult result;
  result.wanted = size();
  result.seconds = to_seconds(now() - start);
  result.counts = counts() - before;
  result.findings = findings();
  result.own = {own_cpu_seconds() - own_before, plan_.threads};
  const auto used_after = server_use();
  if (used_before && used_after) {
    result.server_cpu_seconds = used_after->cpu_seconds - used_before->cpu_seconds;
  }
  return result;
}

void Fleet::disconnect() {
  for (const auto& worker : workers_) worker->disconnect();
}

void Fleet::hold(Nanoseconds length) {
  std::atomic<bool> stop = false;
  const Nanoseconds start = now();
  run([&](Worker& worker) { worker.serve(stop); },
      [&] {
        if (now() >= start + length) stop = true;
        tell_progress("holding", start);
      });
}

// ---- updates

UpdateResult Fleet::update(const UpdatePlan& plan) {
  clear();
  const Counts before = counts();
  UpdateResult result = send_and_await(plan);
  result.counts = counts() - before;
  result.expected_deliveries = result.counts.acked * (plan_.devices - 1);
  result.findings = findings();
  return result;
}

UpdateResult Fleet::send_and_await(const UpdatePlan& plan) {
  Timetable timetable;
  timetable.per_second = plan.per_second;
  timetable.senders = plan_.users * plan_.writers;
  timetable.start = now() + time_to_gather;
  timetable.end = timetable.start + plan.warm_up + plan.length;
  UpdateWatch watch(plan, timetable, plan_.devices - 1, workers_.size());
  const Counts before = counts();
  const double own_before = own_cpu_seconds();
  run(
      [&](Worker& worker) {
        worker.update(timetable, watch.measured_from(), watch.sending, watch.hold, watch.stop);
      },
      [&] {
        watch.look(now(), [&] { return counts() - before; }, [&] { return server_use(); });
        tell_progress("updates", timetable.start);
      });
  UpdateResult result = watch.result();
  result.own_cpu_seconds = own_cpu_seconds() - own_before;
  return result;
}

// ---- states

FillResult Fleet::fill(std::size_t paths) {
  clear();
  const Counts before = counts();
  const Nanoseconds start = now();
  std::atomic<bool> stop = false;
  Nanoseconds last_change = start;
  std::uint64_t last_acked = before.acked;
  run([&](Worker& worker) { worker.fill(paths, stop); },
      [&] {
        const std::uint64_t acked = counts().acked;
        if (std::exchange(last_acked, acked) != acked) last_change = now();
        if (now() > last_change + patience) stop = true;
        tell_progress("filling", start);
      });
  FillResult result;
  result.users = plan_.users;
  result.paths = paths;
  result.seconds = to_seconds(now() - start);
  result.counts = counts() - before;
  result.findings = findings();
  return result;
}

ResumeResult Fleet::resume(bool by_cursor, bool reconnect) {
  clear();
  const Counts before = counts();
  const auto used_before = server_use();
  const double own_before = own_cpu_seconds();
  const Nanoseconds due = now() + time_to_gather;
  std::atomic<bool> stop = false;
  run([&](Worker& worker) { worker.resume(due, by_cursor, reconnect, stop); },
      [&] {
        if (now() > due + patience) stop = true;
        tell_progress("resuming", due);
      });
  ResumeResult result;
  result.by_cursor = by_cursor;
  result.reconnect = reconnect;
  result.clients = size();
  result.counts = counts() - before;
  result.findings = findings();
  result.seconds = to_seconds(result.findings.state.max());
  result.own = {own_cpu_seconds() - own_before, plan_.threads};
  const auto used_after = server_use();
  if (used_before && used_after) {
    result.server_cpu_seconds = used_after->cpu_seconds - used_before->cpu_seconds;
  }
  return result;
}

}  // namespace anabranch::load
