#include "load/schedule.h"

#include <cmath>
#include <utility>

namespace anabranch::load {

Schedule::Schedule(const Timetable& timetable, std::vector<std::size_t> mine)
    : timetable_(timetable), mine_(std::move(mine)) {
  if (!mine_.empty()) update();
}

void Schedule::advance() {
  if (++turn_ == mine_.size()) {
    turn_ = 0;
    ++round_;
  }
  update();
}

void Schedule::update() {
  const std::uint64_t number = round_ * timetable_.senders + mine_[turn_];
  due_ = timetable_.start +
         std::llround(static_cast<double>(number) * (second / timetable_.per_second));
}

}  // namespace anabranch::load
