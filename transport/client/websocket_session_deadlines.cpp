#include "transport/client/websocket_session_detail.h"

#include <algorithm>
#include <chrono>
#include <utility>

// What a session does when its time has come: the one timer serves all deadlines.

namespace anabranch::transport {

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// No timer is set further ahead: expiry times may lie centuries off, and the wall clock, by which
/// tokens expire, may be set.
constexpr milliseconds longest_wait = std::chrono::hours(1);

}  // namespace

void WebsocketSession::on_deadline() {
  if (finished_) return;
  next_look_ = TimePoint::max();
  const TimePoint now = SteadyClock::now();
  if (closing_) {
    if (now >= close_deadline_) return finish();
  } else if (!upgraded_ || !conversation_->is_open()) {
    watch_opening(now);
  } else if (conversation_->milliseconds_to_expiry() <= 0) {
    mailbox_->close(CloseCode::unauthenticated, "the token has expired");
  }
  if (finished_) return;
  if (!closing_ && upgraded_) {
    watch_silence(now);
    watch_rest(now);
  }
  wake_at(next_deadline(now));
}

void WebsocketSession::watch_opening(TimePoint now) {
  if (now < opening_deadline_) return;
  if (!upgraded_) return finish();
  if (!mailbox_->is_closing()) {
    context_.journal.on_authentication_failed(mailbox_->id(), {}, "no token came in time");
  }
  mailbox_->close(CloseCode::unauthenticated, "no token came in time");
}

void WebsocketSession::watch_silence(TimePoint now) {
  // While the session does not read it hears nothing, which is no fault of the client. While a
  // large frame trickles out no ping gets through, but the client shows that it lives by taking it.
  const std::uint64_t written = socket_.written();
  const bool trickles = is_writing() && written != written_before_;
  written_before_ = written;
  if (!reading_ || trickles) heard();
  // Beast may be ending the stream because of what the client sent, and has no deadline for that.
  if (!socket_.is_open()) return on_stream_lost();
  if (now >= last_heard_ + options_.idle_timeout) {
    mailbox_->close(CloseCode::going_away, "nothing was heard of this client");
  } else if (now >= last_heard_ + options_.idle_timeout / 2) {
    ping();
  }
}

void WebsocketSession::ping() {
  if (pinged_ || ping_pending_ || !socket_.may_send()) return;
  pinged_ = ping_pending_ = true;
  note_activity();
  socket_.ping();
}

void WebsocketSession::watch_rest(TimePoint now) {
  if (now < rest_at_) return;
  rest_at_ = now + options_.rest_after;
  if (!std::exchange(active_, false)) socket_.rest();
}

void WebsocketSession::note_activity() {
  active_ = true;
  if (rest_at_ != TimePoint::max() || options_.compression) return;
  rest_at_ = SteadyClock::now() + options_.rest_after;
  wake_at(rest_at_);
}

Connection::TimePoint WebsocketSession::next_deadline(TimePoint now) const {
  if (closing_) return close_deadline_;
  if (!upgraded_) return opening_deadline_;
  const TimePoint silent =
      last_heard_ + (pinged_ ? options_.idle_timeout : options_.idle_timeout / 2);
  const TimePoint deadline = std::min(silent, rest_at_);
  if (!conversation_->is_open()) return std::min(deadline, opening_deadline_);
  const milliseconds left(
      std::clamp<std::int64_t>(conversation_->milliseconds_to_expiry(), 0, longest_wait.count()));
  return std::min(deadline, now + left);
}

/// Makes on_deadline run at `deadline` or earlier.
void WebsocketSession::wake_at(TimePoint deadline) {
  if (finished_ || next_look_ <= deadline) return;
  // Deadlines that are due, but whose closing is still on its way, must not keep the thread busy.
  next_look_ = std::max(deadline, SteadyClock::now() + milliseconds(5));
  thread_.call_at(*this, next_look_);
}

}  // namespace anabranch::transport
