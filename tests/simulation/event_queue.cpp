#include "tests/simulation/event_queue.h"

namespace anabranch::simulation {

void EventQueue::after(std::int64_t delay_ms, std::function<void()> action) {
  events_.emplace(std::pair(now_ms_ + delay_ms, ++planned_), std::move(action));
}

bool EventQueue::run_next(std::int64_t until_ms) {
  if (events_.empty() || events_.begin()->first.first > until_ms) {
    now_ms_ = until_ms;
    return false;
  }
  auto node = events_.extract(events_.begin());
  now_ms_ = node.key().first;
  node.mapped()();
  return true;
}

}  // namespace anabranch::simulation
