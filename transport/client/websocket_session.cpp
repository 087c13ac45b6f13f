#include "transport/client/websocket_session.h"

#include "transport/client/closing.h"
#include "transport/client/websocket_session_detail.h"

#include <boost/asio/post.hpp>

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

SessionId next_session_id() {
  static std::atomic<std::uint64_t> last = 0;
  return SessionId{++last};
}

}  // namespace

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

std::shared_ptr<Connection> start_websocket_session(ServerContext& context, IoThread& thread,
                                                    AnyStream stream, const HttpRequest& request,
                                                    UpgradeTerms terms) {
  auto session = std::make_shared<WebsocketSession>(context, thread, std::move(stream));
  thread.add(session);
  session->start(request, std::move(terms));
  return session;
}

}  // namespace anabranch::transport
