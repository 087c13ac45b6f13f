#pragma once

#include "load/process_watch.h"
#include "load/tally.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// What a run found out, as values; report.h puts them into words.

namespace anabranch::load {

/// A span of updates at one rate.
struct UpdateResult {
  double per_second = 0;  ///< as it was asked for
  double seconds = 0;     ///< that were measured
  Counts counts;          ///< of all of it, the warm-up too
  std::uint64_t expected_deliveries = 0;
  Findings findings;       ///< latencies are of the measured span alone
  bool cut_short = false;  ///< the node fell behind too far, so no more was sent

  /// What the processes under test used while it was sent, and for how many updates.
  std::optional<double> server_cpu_seconds;
  std::uint64_t server_updates = 0;
  std::optional<std::uint64_t> server_memory_bytes;
  double own_cpu_seconds = 0;

  std::uint64_t unanswered() const;
  std::uint64_t lost_deliveries() const;
  /// Every update was sent, acked as applied and delivered to each other device.
  bool is_whole() const;
  /// Acks and deliveries that came, a second.
  double acked_per_second() const;
  double delivered_per_second() const;
  /// The latency that counts: of acks and deliveries the longer.
  Nanoseconds slower(double quantile) const;
  /// The generator was late itself, so that the latencies are its own as well.
  bool is_limited_by_generator() const;
};

struct SearchResult {
  double bound_seconds = 0;          ///< what the 99th percentile may be
  std::vector<UpdateResult> trials;  ///< in their order
  std::optional<std::size_t> best;   ///< of the trials
  /// The trial that marks the limit failed because of the generator, as far as can be told.
  bool is_limited_by_generator = false;

  static bool passes(const UpdateResult& trial, double bound_seconds);
};

/// Of a phase in which the generator sleeps while there is nothing to do: what it took of its
/// threads.
struct OwnUse {
  double cpu_seconds = 0;
  std::size_t threads = 1;

  /// It hardly slept, so that a faster one might have found more.
  bool is_limit(double seconds) const;
};

struct ConnectResult {
  std::size_t wanted = 0;
  double seconds = 0;
  Counts counts;
  Findings findings;
  std::optional<double> server_cpu_seconds;
  OwnUse own;

  bool is_whole() const { return counts.connected == wanted; }
};

struct IdleResult {
  ConnectResult connecting;
  std::optional<ProcessUse> before;
  std::optional<ProcessUse> after;
  double seconds = 0;       ///< between
  std::uint64_t ended = 0;  ///< connections that did not stay
};

struct ResumeResult {
  bool by_cursor = false;
  bool reconnect = false;
  std::size_t clients = 0;
  std::size_t paths = 0;
  std::size_t changes = 0;
  double seconds = 0;  ///< until the last client had its answer
  Counts counts;
  Findings findings;
  std::optional<double> server_cpu_seconds;
  OwnUse own;

  bool is_whole() const { return counts.states == clients && counts.refused == 0; }
};

struct FillResult {
  std::size_t users = 0;
  std::size_t paths = 0;
  double seconds = 0;
  Counts counts;
  Findings findings;
  bool is_whole() const { return counts.sent > 0 && counts.acked == counts.sent; }
};

}  // namespace anabranch::load
