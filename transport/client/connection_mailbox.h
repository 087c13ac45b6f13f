#pragma once

#include "transport/client/fifo.h"
#include "transport/client/refusal_count.h"
#include "transport/client/sessions.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::transport {

struct CloseRequest {
  CloseCode code;
  std::string reason;
};

/// The node's end of a connection: what other threads leave for the session's I/O thread. Outlives
/// the session; holds no socket.
///
/// Many calls cost one wake-up: the session is woken when there is something new and it has
/// neither been woken yet nor is about to look by itself (it does after each write).
class ConnectionMailbox final : public ClientConnection {
 public:
  /// `wake` makes the I/O thread call `on_woken` soon; it is called on any thread and must neither
  /// block nor call back.
  ConnectionMailbox(SessionId id, std::size_t send_buffer_bytes, std::function<void()> wake);

  SessionId id() const override { return id_; }
  void send(Frame frame) override;
  void answered(std::size_t count) override;
  void refused(std::int64_t monotonic_ms) override;
  void close(CloseCode code, std::string_view reason) override;
  std::size_t queued_bytes() const override;

  // For the session, on its thread:

  /// To be called when woken, before looking at what is there.
  void on_woken();
  /// Appends the next frames to write to `taken`: as many as have `max_bytes` together, at least
  /// one where there is one. Until it has found none, the caller is taken to be writing and to come
  /// back, and is not woken for frames.
  void take_frames(std::vector<Frame>& taken, std::size_t max_bytes);
  /// How many more frames have been answered. After a 0 the next answer wakes.
  std::size_t take_answered();
  std::optional<CloseRequest> close_request() const;
  bool is_closing() const;
  bool is_empty() const;
  /// Lets go of memory that it kept for frames, if there are none.
  void give_back();
  /// The connection has ended: from now on all calls do nothing.
  void end();

 private:
  bool fits(std::size_t bytes) const;
  void request_close(CloseCode code, std::string_view reason);
  bool needs_wake();

  const SessionId id_;
  const std::size_t send_buffer_bytes_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;  // guards all below
  Fifo<Frame> frames_;
  std::size_t frame_bytes_ = 0;  // of frames_
  std::size_t answered_ = 0;
  std::unique_ptr<RefusalCount> refusals_;  // these two seldom exist
  std::unique_ptr<const CloseRequest> close_;
  bool writing_ = false;
  bool woken_ = false;
  bool wake_on_answer_ = false;
  bool ended_ = false;
};

}  // namespace anabranch::transport
