#pragma once

#include "tests/simulation/event_queue.h"
#include "tests/simulation/fault_counts.h"
#include "tests/simulation/seeded_random.h"
#include "wire/peer_messages.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace anabranch::simulation {

/// How badly a network treats messages.
struct NetworkFaults {
  int lost_percent = 0;        ///< of what is published
  int exact_lost_percent = 0;  ///< of what is asked and answered
  int duplicated_percent = 0;
  int late_percent = 0;  ///< messages that arrive much later, past others
  std::int64_t max_late_ms = 0;
  std::int64_t max_delay_ms = 5;
};

/// The links between nodes. A link has a direction and may be cut in one alone; what is under way
/// when it is cut is lost.
class Network {
 public:
  enum class Path { publish, exact };
  using Deliver = std::function<void(const std::string& from, const std::string& to,
                                     const wire::PeerMessage& message)>;

  Network(EventQueue& queue, SeededRandom& random, Deliver deliver)
      : queue_(queue), random_(random), deliver_(std::move(deliver)) {}

  void set_faults(NetworkFaults faults) {
    faults_ = faults;
    note_delay(std::max(faults.max_late_ms, faults.max_delay_ms));
  }
  /// How long a message may be under way that arrives at all.
  std::int64_t max_delay_ms() const { return max_delay_ms_; }
  const FaultCounts& counts() const { return counts_; }
  void send(const std::string& from, const std::string& to, Path path, wire::PeerMessage message);

  void cut(const std::string& from, const std::string& to) { cut_.emplace(from, to); }
  void mend(const std::string& from, const std::string& to) { cut_.erase({from, to}); }
  /// Messages of the link take up to so much longer.
  void slow(const std::string& from, const std::string& to, std::int64_t ms) {
    slow_ms_[{from, to}] = ms;
    note_delay(faults_.max_delay_ms + ms);
  }
  void mend_all() {
    cut_.clear();
    slow_ms_.clear();
  }
  bool is_cut(const std::string& from, const std::string& to) const {
    return cut_.count({from, to}) > 0;
  }

 private:
  using Link = std::pair<std::string, std::string>;
  void note_delay(std::int64_t ms) { max_delay_ms_ = std::max(max_delay_ms_, ms); }
  void plan(const Link& link, std::int64_t at_ms, wire::PeerMessage message);

  EventQueue& queue_;
  SeededRandom& random_;
  Deliver deliver_;
  NetworkFaults faults_;
  std::int64_t max_delay_ms_ = 0;
  std::set<Link> cut_;
  std::map<Link, std::int64_t> slow_ms_;
  FaultCounts counts_;
  std::map<std::pair<Link, Path>, std::int64_t> last_arrival_ms_;
};

}  // namespace anabranch::simulation
