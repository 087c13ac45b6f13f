#pragma once

#include "load/connection.h"
#include "load/dialect.h"
#include "load/tally.h"
#include "load/update_text.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace anabranch::load {

/// What a thread's devices share.
struct DeviceSurroundings {
  EventLoop& loop;
  ConnectionSettings& settings;
  const Dialect& dialect;
  Tally& tally;
  std::size_t value_bytes = 0;
  std::size_t paths = 0;
  StampClock clock;
  /// What was to be sent before belongs to another run: a node may still be at it when clients that
  /// gave up on it are back.
  Stamp run_from = 0;
  /// Latencies of what was to be sent before are not recorded.
  Stamp measured_from = 0;
};

/// One device of one user: its connection, what it sends, and what it counts of what it gets.
class Device final : private ConnectionEvents, private IncomingSink {
 public:
  enum class State { idle, connecting, open, closed };

  struct Place {
    std::size_t number = 0;  ///< of its user's devices
    const Endpoint* node = nullptr;
    std::string token;
  };

  Device(DeviceSurroundings& surroundings, Place place);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  State state() const { return state_; }
  std::size_t number() const { return place_.number; }

  /// `due`: when it was to be done, from which its latency counts.
  void connect(Nanoseconds due);
  void disconnect();

  /// Sends nothing, and counts that, while too much has not left yet. To be flushed.
  void send_update(Nanoseconds due, std::uint64_t round);
  void flush();

  /// Writes paths 0 to `paths` in batches, each once the one before is acked.
  void fill(std::size_t paths);
  bool is_filling() const { return filled_ < to_fill_; }

  /// Asks for the state: what it has missed since its last answer, or all.
  void request(Nanoseconds due, bool by_cursor);
  bool is_waiting_for_state() const { return requested_at_.has_value(); }

 private:
  void on_open() override;
  void on_text(std::string_view text, Nanoseconds received_at) override;
  void on_closed(std::string reason) override;
  void take(const Incoming& incoming) override;

  void become_ready(std::string_view text);
  void take_ack(const Incoming& incoming);
  void take_delivery(const Incoming& incoming);
  void take_state(const Incoming& incoming);
  void take_error(const Incoming& incoming);
  void send_batch();
  void write_now(std::string_view text);
  std::optional<Nanoseconds> latency(Stamp stamp) const;

  DeviceSurroundings& with_;
  const Place place_;
  State state_ = State::idle;
  std::shared_ptr<Connection> connection_;
  std::optional<UpdateText> update_;
  Nanoseconds connect_due_ = 0;
  Nanoseconds received_at_ = 0;
  std::optional<Nanoseconds> requested_at_;
  std::string cursor_;
  std::size_t filled_ = 0;
  std::size_t to_fill_ = 0;
};

}  // namespace anabranch::load
