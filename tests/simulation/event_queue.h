#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace anabranch::simulation {

/// The virtual clock and everything that is going to happen. Of two events at the same moment the
/// one that was planned first comes first, so that a run is a function of its seed.
class EventQueue {
 public:
  std::int64_t now_ms() const { return now_ms_; }

  void after(std::int64_t delay_ms, std::function<void()> action);

  /// Runs the next event if it is due by `until_ms`; otherwise it is `until_ms` now.
  bool run_next(std::int64_t until_ms);

 private:
  std::int64_t now_ms_ = 0;
  std::uint64_t planned_ = 0;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace anabranch::simulation
