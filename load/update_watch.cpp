#include "load/update_watch.h"

#include <algorithm>

namespace anabranch::load {

namespace {

/// A backlog that is no sign of anything, whatever the rate.
constexpr double usual_backlog = 1000;

}  // namespace

UpdateWatch::UpdateWatch(const UpdatePlan& plan, const Timetable& timetable, std::size_t receivers,
                         std::size_t threads)
    : sending(threads), plan_(plan), timetable_(timetable), receivers_(receivers) {}

void UpdateWatch::look(Nanoseconds time, const std::function<Counts()>& counts,
                       const std::function<std::optional<ProcessUse>()>& server_use) {
  // Looked at first: what is counted afterwards is then all that will ever be sent.
  const bool all_sent = sending == 0;
  const Counts so_far = counts();
  if (!before_ && time >= measured_from()) before_ = Sample{server_use(), so_far.acked};
  if (is_hopeless(so_far)) hold = true;
  if (!all_sent) return;
  if (!after_) {
    after_ = Sample{server_use(), so_far.acked};
    sent_until_ = time;
  }
  if (is_complete(so_far) || time > sent_until_ + plan_.patience) stop = true;
}

bool UpdateWatch::is_hopeless(const Counts& counts) const {
  const double unanswered =
      static_cast<double>(counts.sent) - static_cast<double>(counts.answered());
  return plan_.give_up_seconds > 0 &&
         unanswered > plan_.give_up_seconds * plan_.per_second + usual_backlog;
}

bool UpdateWatch::is_complete(const Counts& counts) const {
  return counts.answered() >= counts.sent && counts.delivered >= counts.acked * receivers_;
}

UpdateResult UpdateWatch::result() const {
  UpdateResult result;
  result.per_second = plan_.per_second;
  result.cut_short = hold;
  result.seconds =
      to_seconds(hold ? std::max<Nanoseconds>(0, sent_until_ - measured_from()) : plan_.length);
  if (before_ && after_ && before_->use && after_->use) {
    result.server_cpu_seconds = after_->use->cpu_seconds - before_->use->cpu_seconds;
    result.server_updates = after_->acked - before_->acked;
    result.server_memory_bytes = after_->use->memory_bytes;
  }
  return result;
}

}  // namespace anabranch::load
