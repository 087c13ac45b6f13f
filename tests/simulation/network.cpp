#include "tests/simulation/network.h"

#include <algorithm>

namespace anabranch::simulation {

void Network::send(const std::string& from, const std::string& to, Path path,
                   wire::PeerMessage message) {
  const Link link(from, to);
  const int lost = path == Path::publish ? faults_.lost_percent : faults_.exact_lost_percent;
  if (cut_.count(link) > 0) return;
  if (random_.chance(lost)) return counts_.note("message lost");

  if (random_.chance(faults_.late_percent)) {
    counts_.note("message late");
    plan(link, queue_.now_ms() + random_.between(0, faults_.max_late_ms), message);
    if (!random_.chance(faults_.duplicated_percent)) return;
    counts_.note("message duplicated");
  }
  // In order, as the messages of one socket are.
  const auto slow = slow_ms_.find(link);
  const std::int64_t max_delay_ms =
      faults_.max_delay_ms + (slow == slow_ms_.end() ? 0 : slow->second);
  std::int64_t& last = last_arrival_ms_[{link, path}];
  last = std::max(last, queue_.now_ms() + random_.between(0, max_delay_ms));
  if (random_.chance(faults_.duplicated_percent)) {
    counts_.note("message duplicated");
    plan(link, last, message);
  }
  plan(link, last, std::move(message));
}

void Network::plan(const Link& link, std::int64_t at_ms, wire::PeerMessage message) {
  queue_.after(at_ms - queue_.now_ms(), [this, link, message = std::move(message)] {
    if (cut_.count(link) == 0) deliver_(link.first, link.second, message);
  });
}

}  // namespace anabranch::simulation
