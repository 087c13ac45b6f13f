#include "load/worker.h"

#include <algorithm>
#include <utility>

namespace anabranch::load {

namespace {

/// A thread that has nothing to send looks at the clock so often, to see whether it is on time.
constexpr Nanoseconds tick = millisecond;
/// How many updates are written before what came meanwhile is looked at.
constexpr int updates_per_turn = 256;

}  // namespace

Worker::Worker(std::shared_ptr<ConnectionSettings> settings, const Dialect& dialect,
               StampClock clock, std::size_t value_bytes, std::size_t paths)
    : settings_(std::move(settings)),
      surroundings_{loop_, *settings_, dialect, tally_, value_bytes, paths, clock} {}

Worker::~Worker() {
  disconnect();
  loop_.finish();
}

void Worker::add(Device::Place place, std::optional<std::size_t> sender) {
  devices_.push_back(std::make_unique<Device>(surroundings_, std::move(place)));
  if (!sender) return;
  senders_.push_back(devices_.back().get());
  sender_numbers_.push_back(*sender);
}

void Worker::turn(Nanoseconds deadline) {
  loop_.turn(std::min(deadline, next_tick_));
  const Nanoseconds time = now();
  if (time < next_tick_) return;
  if (next_tick_ > 0) tally_.lag.record(time - next_tick_);
  next_tick_ = time + tick;
}

// ---- connecting

void Worker::connect(const Ramp& ramp, const std::atomic<bool>& stop) {
  next_tick_ = 0;
  const Nanoseconds start = now();
  const double own_rate = ramp.per_second / static_cast<double>(ramp.threads);
  const auto due_of = [&](std::size_t number) {
    if (ramp.per_second == 0) return now();
    return start + static_cast<Nanoseconds>(static_cast<double>(number) * (second / own_rate));
  };
  std::vector<Device*> on_their_way;
  std::size_t next = 0;
  while (!stop && (next < devices_.size() || !on_their_way.empty())) {
    while (next < devices_.size() && on_their_way.size() < ramp.at_once && due_of(next) <= now()) {
      on_their_way.push_back(devices_[next].get());
      devices_[next]->connect(due_of(next));
      ++next;
    }
    turn(ramp.per_second > 0 && next < devices_.size() ? due_of(next) : now() + tick);
    std::erase_if(on_their_way, [](const Device* device) {
      return device->state() != Device::State::connecting;
    });
  }
}

void Worker::disconnect() {
  for (const auto& device : devices_) device->disconnect();
}

// ---- updates

void Worker::update(const Timetable& timetable, Nanoseconds measured_from,
                    std::atomic<std::size_t>& sending, const std::atomic<bool>& hold,
                    const std::atomic<bool>& stop) {
  surroundings_.run_from = surroundings_.clock.at(timetable.start);
  surroundings_.measured_from = surroundings_.clock.at(measured_from);
  measured_from_ = measured_from;
  next_tick_ = 0;
  Schedule schedule(timetable, sender_numbers_);
  while (!stop && !hold && !schedule.done()) {
    send_due(schedule);
    turn(schedule.done() ? 0 : schedule.due());
  }
  --sending;
  serve(stop);
}

void Worker::send_due(Schedule& schedule) {
  Nanoseconds time = now();
  for (int i = 0; i < updates_per_turn && !schedule.done() && schedule.due() <= time; ++i) {
    Device& device = *senders_[schedule.turn()];
    device.send_update(schedule.due(), schedule.round());
    if (schedule.due() >= measured_from_) tally_.lag.record(time - schedule.due());
    if (unflushed_.empty() || unflushed_.back() != &device) unflushed_.push_back(&device);
    schedule.advance();
  }
  flush();
}

void Worker::flush() {
  for (Device* device : unflushed_) device->flush();
  unflushed_.clear();
}

void Worker::serve(const std::atomic<bool>& stop) {
  while (!stop) turn(now() + tick);
}

// ---- states

void Worker::fill(std::size_t paths, const std::atomic<bool>& stop) {
  next_tick_ = 0;
  for (const auto& device : devices_) {
    if (device->number() == 0 && device->state() == Device::State::open) device->fill(paths);
  }
  const auto is_filling = [](const auto& device) { return device->is_filling(); };
  while (!stop && std::ranges::any_of(devices_, is_filling)) {
    for (int i = 0; i < updates_per_turn; ++i) turn(now() + tick);
  }
}

void Worker::resume(Nanoseconds due, bool by_cursor, bool reconnect,
                    const std::atomic<bool>& stop) {
  next_tick_ = 0;
  if (reconnect) disconnect();
  while (!stop && now() < due) turn(due);
  std::vector<Device*> waiting;
  for (const auto& device : devices_) {
    waiting.push_back(device.get());
    if (reconnect) {
      device->connect(due);
    } else if (device->state() == Device::State::open) {
      device->request(due, by_cursor);
    }
  }
  std::vector<Device*> asked = reconnect ? std::vector<Device*>() : std::exchange(waiting, {});
  while (!stop && (!waiting.empty() || !asked.empty())) {
    turn(now() + tick);
    std::erase_if(waiting, [&](Device* device) {
      if (device->state() == Device::State::connecting) return false;
      if (device->state() != Device::State::open) return true;
      device->request(due, by_cursor);
      asked.push_back(device);
      return true;
    });
    std::erase_if(asked, [](Device* device) { return !device->is_waiting_for_state(); });
  }
}

}  // namespace anabranch::load
