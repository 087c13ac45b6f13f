#include "transport/client/websocket_session.h"

#include "transport/client/closing.h"
#include "transport/client/conversation.h"
#include "transport/client/frame_batch.h"
#include "transport/client/read_window.h"
#include "transport/client/websocket.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace anabranch::transport {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds upgrade_timeout{30};
/// For what is queued and the close frame to leave, and once more for the client to answer it.
constexpr seconds close_timeout{10};
/// No timer is set further ahead: expiry times may lie centuries off, and the wall clock, by which
/// tokens expire, may be set.
constexpr milliseconds longest_wait = std::chrono::hours(1);

SessionId next_session_id() {
  static std::atomic<std::uint64_t> last = 0;
  return SessionId{++last};
}

/// One WebSocket connection: its upgrade, its frames in and out, its deadlines and its end. What
/// the frames mean is the Conversation's business, what is to be sent lies in the mailbox.
///
/// The thread's register and each pending operation hold the session. There is at most one read,
/// one write and one ping at a time, and one timer serves all deadlines: it is never put off, it
/// just looks again when it fires.
class WebsocketSession final : public Connection, public WebsocketOwner {
 public:
  WebsocketSession(ServerContext& context, IoThread& thread, AnyStream stream)
      : context_(context),
        options_(*context.options.sessions),
        thread_(thread),
        socket_(std::move(stream),
                {options_.max_frame_bytes, options_.compression,
                 json_frame_codec().kind() == FrameKind::text},
                *this) {}

  void start(const HttpRequest& request, UpgradeTerms terms);
  void shut_down(CloseCode code) override;
  void abort() override { finish(); }

 private:
  /// What is on its way; made when there is something, and given back at rest.
  struct Traffic {
    FrameBatch outgoing;
    ReadWindow unanswered;
  };

  void on_accepted(ErrorCode error) override;

  void read();
  bool may_read();
  void on_read(ErrorCode error) override;
  void on_control(bool is_close) override;
  void heard();
  void take_frame();

  void on_woken();
  Traffic& traffic();
  void give_back();
  void write();
  void on_written(ErrorCode error) override;
  void on_rested() override;
  bool is_writing() const { return traffic_ && traffic_->outgoing.is_writing(); }

  void begin_closing();
  void send_close();
  void on_stream_lost();
  void on_close_sent() override { finish(); }
  void on_teardown() override;
  void finish();
  void tell_end();

  void on_deadline() override;
  void watch_opening(TimePoint now);
  void watch_silence(TimePoint now);
  void watch_rest(TimePoint now);
  void note_activity();
  void ping();
  void on_pinged() override { ping_pending_ = false; }
  TimePoint next_deadline(TimePoint now) const;
  void wake_at(TimePoint deadline);

  ServerContext& context_;
  const SessionOptions& options_;
  IoThread& thread_;
  Websocket socket_;
  std::shared_ptr<ConnectionMailbox> mailbox_;
  std::optional<Conversation> conversation_;
  std::unique_ptr<Identity> offered_;  // by the upgrade's token, until that is done
  std::unique_ptr<Traffic> traffic_;
  bool takes_arrays_ = false;

  TimePoint upgraded_at_;
  TimePoint opening_deadline_;  // of the upgrade, then of authentication
  TimePoint close_deadline_;
  TimePoint last_heard_;
  TimePoint rest_at_ = TimePoint::max();
  TimePoint next_look_ = TimePoint::max();  // at the deadlines
  std::uint64_t written_before_ = 0;        // when last looked at
  std::uint64_t frames_in_ = 0, bytes_in_ = 0, frames_out_ = 0, bytes_out_ = 0;

  bool upgraded_ = false;
  bool reading_ = false;
  bool pinged_ = false;        // since last_heard_
  bool ping_pending_ = false;  // the operation
  bool has_frames_ = false;    // some have gone either way since it rested
  bool active_ = false;        // something has gone on since rest_at_ was set
  bool closing_ = false;       // nothing more is read for its meaning
  bool close_sent_ = false;
  bool heard_close_ = false;
  bool finished_ = false;
};

// ---- opening

void WebsocketSession::start(const HttpRequest& request, UpgradeTerms terms) {
  auto wake = [gate = thread_.gate(), weak = weak_from_this()] {
    gate->post([weak] {
      if (const auto self = weak.lock()) static_cast<WebsocketSession&>(*self).on_woken();
    });
  };
  mailbox_ = std::make_shared<ConnectionMailbox>(next_session_id(), options_.send_buffer_bytes,
                                                 std::move(wake));
  conversation_.emplace(context_, mailbox_);
  takes_arrays_ = !terms.protocol.empty();
  if (terms.identity) offered_ = std::make_unique<Identity>(std::move(*terms.identity));
  opening_deadline_ = SteadyClock::now() + upgrade_timeout;
  wake_at(opening_deadline_);
  // The answer to a token goes out together with the upgrade's: it follows at once.
  socket_.accept(request, terms.protocol, upgrade_timeout, offered_ != nullptr);
}

void WebsocketSession::on_accepted(ErrorCode error) {
  if (finished_) return;
  if (error) {
    context_.journal.on_upgrade_refused(UpgradeRefusal::malformed);
    return finish();
  }
  upgraded_ = true;
  context_.journal.on_upgraded(mailbox_->id());
  const TimePoint now = SteadyClock::now();
  upgraded_at_ = now;
  last_heard_ = now;
  if (!options_.compression) rest_at_ = now + options_.rest_after;
  opening_deadline_ = now + options_.auth_timeout;
  if (closing_) return write();
  if (offered_) {
    conversation_->open(*offered_);
    thread_.has_handed_over();
    offered_.reset();
  }
  wake_at(next_deadline(now));
  read();
}

// ---- reading

void WebsocketSession::read() {
  if (reading_ || finished_ || !may_read()) return;
  reading_ = true;
  socket_.read();
}

bool WebsocketSession::may_read() {
  while (!closing_ && traffic_ && traffic_->unanswered.full()) {
    const std::size_t answered = mailbox_->take_answered();
    if (answered == 0) return false;
    traffic_->unanswered.answered(answered);
  }
  return true;
}

void WebsocketSession::on_read(ErrorCode error) {
  reading_ = false;
  if (finished_) return;
  if (error) return finish();
  heard();
  if (closing_) {
    socket_.drop_message();
  } else if (socket_.has_message()) {
    take_frame();
  }
  read();
}

void WebsocketSession::on_control(bool is_close) {
  heard();
  heard_close_ = heard_close_ || is_close;
  // A silent client's pong wakes the stream for a moment. Beast reads on first.
  if (is_close || has_frames_) return;
  asio::post(thread_.context(), [self = shared_from_this(), this] {
    if (!finished_) socket_.rest();
  });
}

/// Whatever comes shows that the client lives: pings and pongs too.
void WebsocketSession::heard() {
  last_heard_ = SteadyClock::now();
  pinged_ = false;
  note_activity();
}

void WebsocketSession::take_frame() {
  const auto expiry = conversation_->expires_at_ms();
  const FrameKind kind = socket_.is_text() ? FrameKind::text : FrameKind::binary;
  const std::string_view frame = socket_.message();
  has_frames_ = true;
  ++frames_in_;
  bytes_in_ += frame.size();
  if (conversation_->on_frame(kind, frame, steady_ns(last_heard_))) {
    traffic().unanswered.add(frame.size());
  }
  thread_.has_handed_over();
  socket_.drop_message();
  if (conversation_->expires_at_ms() != expiry) wake_at(next_deadline(SteadyClock::now()));
}

// ---- writing

void WebsocketSession::on_woken() {
  mailbox_->on_woken();
  if (finished_) return;
  if (!closing_ && mailbox_->is_closing()) begin_closing();
  if (!upgraded_) return;
  write();
  read();
}

void WebsocketSession::write() {
  if (is_writing() || close_sent_ || finished_ || !socket_.may_send()) return;
  FrameBatch& outgoing = traffic().outgoing;
  if (!outgoing.begin(*mailbox_, thread_.frame_times())) {
    if (closing_) send_close();
    return;
  }
  has_frames_ = true;
  note_activity();
  socket_.write(outgoing.text(), outgoing.more());
}

void WebsocketSession::on_written(ErrorCode error) {
  if (!error) {
    ++frames_out_;
    bytes_out_ += traffic_->outgoing.text().size();
  }
  traffic_->outgoing.finish();
  if (finished_) return;
  if (error) return on_stream_lost();
  if (!closing_ && mailbox_->is_closing()) begin_closing();
  write();
  // Where thousands come at once, not all of them are awake at the same time.
  const bool has_just_come = frames_in_ == 0 && frames_out_ == 1;
  if (has_just_come && !is_writing()) socket_.rest();
}

WebsocketSession::Traffic& WebsocketSession::traffic() {
  if (!traffic_) {
    traffic_ = std::make_unique<Traffic>();
    traffic_->outgoing.use_arrays(takes_arrays_);
  }
  return *traffic_;
}

/// The memory that a resting session does not need.
void WebsocketSession::give_back() {
  mailbox_->give_back();
  if (!traffic_) return;
  traffic_->unanswered.answered(mailbox_->take_answered());
  if (traffic_->unanswered.empty()) traffic_.reset();
}

void WebsocketSession::on_rested() {
  if (socket_.is_resting()) {
    rest_at_ = TimePoint::max();
    has_frames_ = false;
    give_back();
  }
  if (closing_ || !mailbox_->is_empty()) write();
}

// ---- ending

void WebsocketSession::shut_down(CloseCode code) {
  mailbox_->close(code, code == CloseCode::service_restart
                            ? "this node is draining: connect to another one"
                            : "this node is stopping: connect to another one");
}

void WebsocketSession::begin_closing() {
  closing_ = true;
  close_deadline_ = SteadyClock::now() + close_timeout;
  wake_at(close_deadline_);
}

void WebsocketSession::send_close() {
  const std::optional<CloseRequest> request = mailbox_->close_request();
  if (!request || !socket_.is_open()) return on_stream_lost();
  close_sent_ = true;
  close_deadline_ = SteadyClock::now() + close_timeout;
  socket_.close(to_close_reason(*request));
}

/// Nothing more can be written: the connection broke, or Beast is closing it because of what the
/// client sent. In the second case the pending read ends when the client has got the close frame.
void WebsocketSession::on_stream_lost() {
  if (!reading_) return finish();
  mailbox_->end();
  if (!closing_) begin_closing();
}

/// The last frame has been written. Where both sides have said goodbye the connection is over;
/// else Beast closed it because of what the client sent: then it is over for the node, but the
/// socket stays a while, for the client to hear why.
void WebsocketSession::on_teardown() {
  if (close_sent_ || heard_close_) return finish();
  mailbox_->end();
  conversation_->end();
  thread_.has_handed_over();
  begin_closing();
}

void WebsocketSession::finish() {
  if (std::exchange(finished_, true)) return;
  const auto self = shared_from_this();
  if (upgraded_) tell_end();
  socket_.abort();
  mailbox_->end();
  context_.websockets.leave();
  conversation_->end();
  thread_.has_handed_over();
  thread_.remove(this);
  context_.sockets.leave();
}

void WebsocketSession::tell_end() {
  const std::optional<CloseRequest> request = mailbox_->close_request();
  std::optional<std::uint16_t> clients_code;
  if (heard_close_) clients_code = socket_.clients_code();
  ConnectionEnd end;
  tell_cause(end, request, clients_code, socket_.close_code_written());
  end.connection = mailbox_->id();
  end.user = conversation_->user();
  end.frames_in = frames_in_;
  end.bytes_in = bytes_in_;
  end.frames_out = frames_out_;
  end.bytes_out = bytes_out_;
  end.duration = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - upgraded_at_);
  context_.journal.on_ended(end);
}

// ---- deadlines

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

}  // namespace

std::shared_ptr<Connection> start_websocket_session(ServerContext& context, IoThread& thread,
                                                    AnyStream stream, const HttpRequest& request,
                                                    UpgradeTerms terms) {
  auto session = std::make_shared<WebsocketSession>(context, thread, std::move(stream));
  thread.add(session);
  session->start(request, std::move(terms));
  return session;
}

}  // namespace anabranch::transport
