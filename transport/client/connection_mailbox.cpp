#include "transport/client/connection_mailbox.h"

#include <utility>

namespace anabranch::transport {

ConnectionMailbox::ConnectionMailbox(SessionId id, std::size_t send_buffer_bytes,
                                     std::function<void()> wake)
    : id_(id), send_buffer_bytes_(send_buffer_bytes), wake_(std::move(wake)) {}

void ConnectionMailbox::send(Frame frame) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || close_) return;
    if (fits(frame->size())) {
      frame_bytes_ += frame->size();
      frames_.push(std::move(frame));
      if (writing_) return;
    } else {
      frames_.clear();
      frame_bytes_ = 0;
      request_close(CloseCode::too_slow, "too slow: reconnect and resume from your cursor");
    }
    if (!needs_wake()) return;
  }
  wake_();
}

void ConnectionMailbox::answered(std::size_t count) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    answered_ += count;
    if (!std::exchange(wake_on_answer_, false) || !needs_wake()) return;
  }
  wake_();
}

void ConnectionMailbox::refused(std::int64_t monotonic_ms) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || close_) return;
    if (!refusals_) refusals_ = std::make_unique<RefusalCount>();
    if (!refusals_->add(monotonic_ms)) return;
    request_close(CloseCode::policy_violation, "too many refused frames");
    if (!needs_wake()) return;
  }
  wake_();
}

void ConnectionMailbox::close(CloseCode code, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || close_) return;
    request_close(code, reason);
    if (!needs_wake()) return;
  }
  wake_();
}

void ConnectionMailbox::on_woken() {
  const std::lock_guard lock(mutex_);
  woken_ = false;
}

void ConnectionMailbox::take_frames(std::vector<Frame>& taken, std::size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  writing_ = !frames_.empty();
  std::size_t bytes = 0;
  while (!frames_.empty()) {
    const std::size_t size = frames_.front()->size();
    if (bytes != 0 && bytes + size > max_bytes) return;
    bytes += size;
    frame_bytes_ -= size;
    taken.push_back(frames_.pop());
  }
}

std::size_t ConnectionMailbox::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return frame_bytes_;
}

std::size_t ConnectionMailbox::take_answered() {
  const std::lock_guard lock(mutex_);
  wake_on_answer_ = answered_ == 0;
  return std::exchange(answered_, 0);
}

std::optional<CloseRequest> ConnectionMailbox::close_request() const {
  const std::lock_guard lock(mutex_);
  return close_ ? std::optional(*close_) : std::nullopt;
}

bool ConnectionMailbox::is_closing() const {
  const std::lock_guard lock(mutex_);
  return ended_ || close_ != nullptr;
}

bool ConnectionMailbox::is_empty() const {
  const std::lock_guard lock(mutex_);
  return frames_.empty();
}

void ConnectionMailbox::give_back() {
  const std::lock_guard lock(mutex_);
  frames_.give_back();
}

void ConnectionMailbox::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  frames_.clear();
  frame_bytes_ = 0;
}

// What has been taken to be written, or the frame that is the next to be, is not counted: the cap
// is on what piles up behind it. So a frame larger than the cap does not condemn those that follow
// it closely.
bool ConnectionMailbox::fits(std::size_t bytes) const {
  if (frames_.empty()) return true;
  const std::size_t waiting = frame_bytes_ - (writing_ ? 0 : frames_.front()->size());
  return waiting == 0 || waiting + bytes <= send_buffer_bytes_;
}

void ConnectionMailbox::request_close(CloseCode code, std::string_view reason) {
  close_ = std::make_unique<CloseRequest>(CloseRequest{code, std::string(reason)});
}

bool ConnectionMailbox::needs_wake() { return !std::exchange(woken_, true); }

}  // namespace anabranch::transport
