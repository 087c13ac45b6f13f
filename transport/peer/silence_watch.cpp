#include "transport/peer/silence_watch.h"

namespace anabranch::transport {

SilenceWatch::SilenceWatch(Expects expects, std::int64_t limit_ms, std::int64_t now_ms)
    : expects_(expects), limit_ms_(limit_ms) {
  start_over(now_ms);
}

void SilenceWatch::rebuilt(std::int64_t now_ms) {
  was_heard_ = false;
  start_over(now_ms);
}

void SilenceWatch::spoke(std::int64_t now_ms) {
  if (!waiting_since_ms_) waiting_since_ms_ = now_ms;
}

void SilenceWatch::heard(std::int64_t now_ms) {
  was_heard_ = true;
  start_over(now_ms);
}

bool SilenceWatch::expired(std::int64_t now_ms) const {
  return waiting_since_ms_ && now_ms - *waiting_since_ms_ >= limit_ms_;
}

void SilenceWatch::start_over(std::int64_t now_ms) {
  waiting_since_ms_.reset();
  if (expects_ == Expects::stream) waiting_since_ms_ = now_ms;
}

}  // namespace anabranch::transport
