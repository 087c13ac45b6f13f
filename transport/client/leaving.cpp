#include "transport/client/leaving.h"

#include <algorithm>
#include <chrono>

namespace anabranch::transport {

namespace {

constexpr std::chrono::milliseconds pause_between_bursts{20};
/// As many bursts at most: five seconds.
constexpr std::size_t most_bursts = 250;
constexpr std::size_t least_burst = 25;

}  // namespace

Leaving::Leaving(const ServerContext& context, IoThread& thread)
    : context_(context), timer_(thread.context()) {
  for (const auto& connection : thread.connections()) waiting_.push_back(connection);
  burst_ = std::max(least_burst, (waiting_.size() + most_bursts - 1) / most_bursts);
}

void Leaving::close_some() {
  if (!context_.draining) return;
  std::size_t left = context_.stopping ? waiting_.size() : std::min(burst_, waiting_.size());
  for (; left > 0; --left) {
    if (const auto connection = waiting_.back().lock()) {
      connection->shut_down(CloseCode::service_restart);
    }
    waiting_.pop_back();
  }
  if (waiting_.empty()) return;
  timer_.expires_after(pause_between_bursts);
  timer_.async_wait([self = shared_from_this()](const auto&) { self->close_some(); });
}

}  // namespace anabranch::transport
