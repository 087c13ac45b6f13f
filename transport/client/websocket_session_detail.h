#pragma once

#include "transport/client/conversation.h"
#include "transport/client/frame_batch.h"
#include "transport/client/http_request.h"
#include "transport/client/io_thread.h"
#include "transport/client/read_window.h"
#include "transport/client/server_context.h"
#include "transport/client/upgrade.h"
#include "transport/client/websocket.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace anabranch::transport {

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

}  // namespace anabranch::transport
