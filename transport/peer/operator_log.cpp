#include "transport/peer/operator_log.h"

namespace anabranch::transport {
namespace {

constexpr std::int64_t quiet_ms = 10'000;

}  // namespace

void OperatorLog::say(std::string line) {
  if (sink_) sink_(std::move(line));
}

void OperatorLog::say_rarely(Topic topic, std::int64_t now_ms, std::string line) {
  Last& last = last_[static_cast<std::size_t>(topic)];
  if (last.said && now_ms - last.at_ms < quiet_ms) {
    ++last.left_out;
    return;
  }
  if (last.left_out > 0) line += " (and " + std::to_string(last.left_out) + " more like it before)";
  last = {true, now_ms, 0};
  say(std::move(line));
}

}  // namespace anabranch::transport
