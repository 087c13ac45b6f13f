#pragma once

#include "load/histogram.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

namespace anabranch::load {

/// A number that one thread raises and others may look at.
class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.store(get() + amount, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// How often things have happened since the begin; as a difference, in between.
struct Counts {
  std::uint64_t connected = 0;  ///< and authenticated
  std::uint64_t failed = 0;     ///< connections that were not, or that ended
  std::uint64_t sent = 0;
  std::uint64_t skipped = 0;  ///< not sent, for too much lay unsent before
  std::uint64_t acked = 0;    ///< as applied
  std::uint64_t stale = 0;    ///< acked as not applied
  std::uint64_t refused = 0;  ///< answered by an error
  std::uint64_t delivered = 0;
  std::uint64_t states = 0;
  std::uint64_t state_bytes = 0;

  std::uint64_t answered() const { return acked + stale + refused; }
  Counts& operator+=(const Counts& other);
  Counts operator-(const Counts& other) const;
};

/// What one thread finds out. The histograms and words are for others only while it rests.
struct Tally {
  Counter connected, failed, sent, skipped, acked, stale, refused, delivered, states, state_bytes;
  Histogram connecting;
  Histogram ack;
  Histogram delivery;
  Histogram state;
  Histogram lag;                                     ///< how late the thread itself was
  std::map<std::string, std::uint64_t> errors;       ///< by code
  std::map<std::string, std::uint64_t> misfortunes;  ///< of connections, in words
  std::uint64_t updates_per_minute = 0;  ///< the node's limit for a user; 0: none, or not known

  Counts counts() const;
  /// Forgets latencies and errors, not the counters.
  void clear();
};

/// The tallies of all threads in one, taken while they rest.
struct Findings {
  Histogram connecting, ack, delivery, state, lag;
  std::map<std::string, std::uint64_t> errors;
  std::map<std::string, std::uint64_t> misfortunes;
  std::uint64_t updates_per_minute = 0;

  void add(const Tally& tally);
};

}  // namespace anabranch::load
