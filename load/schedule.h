#pragma once

#include "load/time.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anabranch::load {

/// When everything is to be sent, whatever becomes of it: number k of all at `start` + k / rate, by
/// sender k modulo `senders`.
struct Timetable {
  double per_second = 0;
  std::size_t senders = 0;
  Nanoseconds start = 0;
  Nanoseconds end = 0;  ///< nothing is sent at this time or later
};

/// One thread's part of a timetable: the sends of some of the senders, in the order of time.
class Schedule {
 public:
  /// `mine`: which of the senders, ascending.
  Schedule(const Timetable& timetable, std::vector<std::size_t> mine);

  bool done() const { return mine_.empty() || due() >= timetable_.end; }
  /// When the next one is to be sent. Not to be called without any sender.
  Nanoseconds due() const { return due_; }
  /// Whose turn it is: an index into `mine`.
  std::size_t turn() const { return turn_; }
  /// How often each sender has had its turn before.
  std::uint64_t round() const { return round_; }
  void advance();

 private:
  void update();

  Timetable timetable_;
  std::vector<std::size_t> mine_;
  std::size_t turn_ = 0;
  std::uint64_t round_ = 0;
  Nanoseconds due_ = 0;
};

}  // namespace anabranch::load
