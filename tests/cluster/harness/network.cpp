#include "tests/cluster/harness/network.h"

#include <algorithm>

namespace anabranch::simulation {

void Network::send(const std::string& from, const std::string& to, Path path,
                   wire::PeerMessage message) {
  const Link link(from, to);
  const int lost = path == Path::publish ? faults_.lost_percent : faults_.exact_lost_percent;
  if (cut_.count(link) > 0 || random_.chance(lost)) return;

  if (random_.chance(faults_.late_percent)) {
    plan(link, queue_.now_ms() + random_.between(0, faults_.max_late_ms), message);
    if (!random_.chance(faults_.duplicated_percent)) return;
  }
  // In order, as the messages of one socket are.
  std::int64_t& last = last_arrival_ms_[{link, path}];
  last = std::max(last, queue_.now_ms() + random_.between(0, faults_.max_delay_ms));
  if (random_.chance(faults_.duplicated_percent)) plan(link, last, message);
  plan(link, last, std::move(message));
}

void Network::plan(const Link& link, std::int64_t at_ms, wire::PeerMessage message) {
  queue_.after(at_ms - queue_.now_ms(), [this, link, message = std::move(message)] {
    if (cut_.count(link) == 0) deliver_(link.first, link.second, message);
  });
}

}  // namespace anabranch::simulation
