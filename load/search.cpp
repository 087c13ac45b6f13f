#include "load/fleet.h"

#include <ostream>

namespace anabranch::load {

namespace {

/// The search ends when what passes and what does not are this close.
constexpr double close_enough = 1.05;
/// A node that is so many times the bound behind will not make it.
constexpr double hopeless = 10;
constexpr std::size_t max_trials = 60;
constexpr std::size_t attempts = 2;
constexpr double slowest = 1;
constexpr std::size_t connections_at_once = 64;

}  // namespace

SearchResult Fleet::search(UpdatePlan plan, double bound_seconds) {
  SearchResult result;
  result.bound_seconds = bound_seconds;
  plan.give_up_seconds = bound_seconds * hopeless;
  double passed = 0;
  double failed = 0;
  double rate = plan.per_second;
  while (result.trials.size() < max_trials && rate >= slowest) {
    if (try_rate(plan, rate, result)) {
      passed = rate;
      result.best = result.trials.size() - 1;
    } else {
      failed = rate;
      // What a generator at its own limit fails at, the node might still take.
      result.is_limited_by_generator = result.trials.back().is_limited_by_generator();
    }
    if (failed > 0 && passed > 0 && failed <= passed * close_enough) break;
    if (failed == 0) {
      rate = passed * 2;
    } else {
      rate = passed == 0 ? failed / 2 : (passed + failed) / 2;
    }
  }
  return result;
}

/// A disk that stands still for once fails a trial at any rate: only two in a row count.
bool Fleet::try_rate(const UpdatePlan& plan, double per_second, SearchResult& result) {
  for (std::size_t attempt = 0; attempt < attempts; ++attempt) {
    result.trials.push_back(trial(plan, per_second));
    if (SearchResult::passes(result.trials.back(), result.bound_seconds)) return true;
  }
  return false;
}

UpdateResult Fleet::trial(UpdatePlan plan, double per_second) {
  plan.per_second = per_second;
  UpdateResult result = update(plan);
  if (plan_.progress != nullptr) {
    *plan_.progress << "trial at " << static_cast<std::uint64_t>(per_second) << "/s: p99 "
                    << to_milliseconds(result.slower(0.99)) << " ms, "
                    << (result.is_whole() ? "nothing lost" : "not everything came") << std::endl;
  }
  // What a trial left behind must not reach the next one.
  if (!result.is_whole()) {
    disconnect();
    connect(0, connections_at_once);
  }
  return result;
}

}  // namespace anabranch::load
