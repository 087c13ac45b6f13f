#pragma once

#include "load/results.h"
#include "load/schedule.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>

namespace anabranch::load {

struct UpdatePlan {
  double per_second = 0;
  Nanoseconds warm_up = second;
  Nanoseconds length = 10 * second;    ///< after the warm-up
  Nanoseconds patience = 10 * second;  ///< for what is still missing at the end
  /// Sending ends once so many seconds' worth of updates are unanswered; 0: never.
  double give_up_seconds = 0;
};

/// Decides when a run of updates is over, and what its processes have used meanwhile. Of the thread
/// that watches; the flags are for those that send.
class UpdateWatch {
 public:
  /// `receivers`: to how many devices each update is delivered; `threads`: how many send.
  UpdateWatch(const UpdatePlan& plan, const Timetable& timetable, std::size_t receivers,
              std::size_t threads);

  std::atomic<std::size_t> sending;  ///< threads that have not sent all yet
  std::atomic<bool> hold = false;    ///< nothing more is to be sent
  std::atomic<bool> stop = false;    ///< it is over

  Nanoseconds measured_from() const { return timetable_.start + plan_.warm_up; }

  /// To be called every few milliseconds. `counts`: since the begin.
  void look(Nanoseconds time, const std::function<Counts()>& counts,
            const std::function<std::optional<ProcessUse>()>& server_use);

  /// All but the counts, the findings and this process's own use.
  UpdateResult result() const;

 private:
  struct Sample {
    std::optional<ProcessUse> use;
    std::uint64_t acked = 0;
  };

  bool is_hopeless(const Counts& counts) const;
  bool is_complete(const Counts& counts) const;

  const UpdatePlan plan_;
  const Timetable timetable_;
  const std::size_t receivers_;
  std::optional<Sample> before_;
  std::optional<Sample> after_;
  Nanoseconds sent_until_ = 0;
};

}  // namespace anabranch::load
