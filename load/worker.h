#pragma once

#include "load/device.h"
#include "load/schedule.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace anabranch::load {

/// How connections are made.
struct Ramp {
  double per_second = 0;    ///< of all threads together; 0: as fast as it goes
  std::size_t at_once = 1;  ///< of this thread: so many may be on their way
  std::size_t threads = 1;
};

/// One thread's devices. Each call is one phase, on the thread that makes it, and ends when the
/// phase is over or `stop` is set; between calls others may look at the tally.
class Worker {
 public:
  Worker(std::shared_ptr<ConnectionSettings> settings, const Dialect& dialect, StampClock clock,
         std::size_t value_bytes, std::size_t paths);
  ~Worker();

  /// `sender`: its number among all that write, where it does.
  void add(Device::Place place, std::optional<std::size_t> sender);

  Tally& tally() { return tally_; }
  const Tally& tally() const { return tally_; }
  std::size_t devices() const { return devices_.size(); }

  /// Ends when each device is connected, or cannot be.
  void connect(const Ramp& ramp, const std::atomic<bool>& stop);
  void disconnect();
  /// Sends by the timetable until its end or `hold`, then serves until `stop`. Latencies of what is
  /// due before `measured_from` are left out. `sending`: how many threads have not sent all yet.
  void update(const Timetable& timetable, Nanoseconds measured_from,
              std::atomic<std::size_t>& sending, const std::atomic<bool>& hold,
              const std::atomic<bool>& stop);
  /// Each user's first device writes so many paths.
  void fill(std::size_t paths, const std::atomic<bool>& stop);
  /// All devices ask for the state at `due`, connecting anew first where `reconnect`.
  void resume(Nanoseconds due, bool by_cursor, bool reconnect, const std::atomic<bool>& stop);
  void serve(const std::atomic<bool>& stop);

 private:
  void turn(Nanoseconds deadline);
  void send_due(Schedule& schedule);
  void flush();
  std::size_t connecting() const;

  std::shared_ptr<ConnectionSettings> settings_;
  Tally tally_;
  EventLoop loop_;
  DeviceSurroundings surroundings_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<Device*> senders_;
  std::vector<std::size_t> sender_numbers_;
  std::vector<Device*> unflushed_;
  Nanoseconds measured_from_ = 0;
  Nanoseconds next_tick_ = 0;
};

}  // namespace anabranch::load
