#include "load/device.h"

#include <algorithm>
#include <utility>

namespace anabranch::load {

namespace {

/// What one connection may have unsent before its updates are left out. It bounds what a node that
/// takes nothing makes this program hold.
constexpr std::size_t max_unsent_bytes = 4 << 20;
/// A batch is one frame, and nodes take 64 KiB.
constexpr std::size_t batch_bytes = 48 << 10;
constexpr std::size_t bytes_around_value = 40;

}  // namespace

Device::Device(DeviceSurroundings& surroundings, Place place)
    : with_(surroundings), place_(std::move(place)) {}

Device::~Device() { disconnect(); }

void Device::connect(Nanoseconds due) {
  state_ = State::connecting;
  connect_due_ = due;
  Upgrade upgrade;
  upgrade.subprotocol = with_.dialect.subprotocol();
  if (with_.dialect.token_in_upgrade()) upgrade.token = place_.token;
  connection_ = open_connection(with_.loop, with_.settings, *place_.node, upgrade, *this);
}

void Device::disconnect() {
  if (connection_) connection_->abort();
  connection_.reset();
  requested_at_.reset();
  state_ = State::idle;
}

// ---- sending

void Device::send_update(Nanoseconds due, std::uint64_t round) {
  if (state_ != State::open || connection_->unsent_bytes() > max_unsent_bytes) {
    return with_.tally.skipped.add();
  }
  if (!update_) update_.emplace(with_.dialect.update_pattern(place_.number, with_.value_bytes));
  connection_->write(update_->with(with_.clock.at(due), round % with_.paths));
  with_.tally.sent.add();
}

void Device::flush() {
  if (connection_) connection_->flush();
}

void Device::write_now(std::string_view text) {
  connection_->write(text);
  connection_->flush();
}

void Device::fill(std::size_t paths) {
  filled_ = 0;
  to_fill_ = paths;
  if (to_fill_ > 0) send_batch();
}

void Device::send_batch() {
  const std::size_t in_a_batch =
      std::max<std::size_t>(1, batch_bytes / (with_.value_bytes + bytes_around_value));
  const std::size_t count = std::min(in_a_batch, to_fill_ - filled_);
  write_now(
      with_.dialect.batch(place_.number, with_.value_bytes, with_.clock.at(now()), filled_, count));
  with_.tally.sent.add();
}

void Device::request(Nanoseconds due, bool by_cursor) {
  requested_at_ = due;
  write_now(with_.dialect.request(by_cursor ? cursor_ : std::string()));
}

// ---- what comes

void Device::on_open() {}

void Device::on_text(std::string_view text, Nanoseconds received_at) {
  received_at_ = received_at;
  with_.dialect.read(text, *this);
}

void Device::on_closed(std::string reason) {
  with_.tally.failed.add();
  ++with_.tally.misfortunes[reason];
  connection_.reset();
  requested_at_.reset();
  to_fill_ = filled_;
  state_ = State::closed;
}

void Device::take(const Incoming& incoming) {
  if (!connection_) return;
  using Kind = Incoming::Kind;
  switch (incoming.kind) {
    case Kind::delivery:
      return take_delivery(incoming);
    case Kind::ack:
      return take_ack(incoming);
    case Kind::greeting:
    case Kind::ping:
      return write_now(with_.dialect.answer(incoming.kind, place_.token));
    case Kind::ready:
      return become_ready(incoming.text);
    case Kind::refused: {
      connection_->abort();
      return on_closed("refused: " + std::string(incoming.text));
    }
    case Kind::state:
      return take_state(incoming);
    case Kind::error:
      return take_error(incoming);
    case Kind::other:
      return;
  }
}

void Device::become_ready(std::string_view text) {
  if (state_ == State::open) return;
  state_ = State::open;
  with_.tally.connected.add();
  with_.tally.connecting.record(received_at_ - connect_due_);
  with_.tally.updates_per_minute = number_after(text, R"("updatesPerMinute":)");
}

/// Since it was to be sent. Nothing for what belongs to the time before measuring, or to others.
std::optional<Nanoseconds> Device::latency(Stamp stamp) const {
  if (stamp < with_.measured_from) return std::nullopt;
  return received_at_ - with_.clock.time_of(stamp);
}

void Device::take_ack(const Incoming& incoming) {
  (incoming.applied ? with_.tally.acked : with_.tally.stale).add();
  if (is_filling()) {
    const std::size_t in_a_batch =
        std::max<std::size_t>(1, batch_bytes / (with_.value_bytes + bytes_around_value));
    filled_ = std::min(to_fill_, filled_ + in_a_batch);
    if (is_filling()) send_batch();
  } else if (const auto span = latency(incoming.stamp)) {
    with_.tally.ack.record(*span);
  }
}

void Device::take_delivery(const Incoming& incoming) {
  if (incoming.stamp < with_.run_from || incoming.stamp == 0) return;
  with_.tally.delivered.add();
  if (const auto span = latency(incoming.stamp)) with_.tally.delivery.record(*span);
}

void Device::take_state(const Incoming& incoming) {
  if (!requested_at_) return;
  with_.tally.states.add();
  with_.tally.state_bytes.add(incoming.text.size());
  with_.tally.state.record(received_at_ - *requested_at_);
  cursor_ = string_after(incoming.text, R"("cursor":)");
  requested_at_.reset();
}

void Device::take_error(const Incoming& incoming) {
  with_.tally.refused.add();
  ++with_.tally.errors[std::string(string_after(incoming.text, R"("code":)"))];
  requested_at_.reset();
  to_fill_ = filled_;
}

}  // namespace anabranch::load
