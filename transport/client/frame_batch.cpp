#include "transport/client/frame_batch.h"

namespace anabranch::transport {
namespace {

/// Idle connections are many, so they keep little.
constexpr std::size_t kept_capacity = 4;
constexpr std::size_t kept_text_bytes = 4096;

/// Assigning {} would keep the memory.
template <class Container>
void let_go(Container& container) {
  Container().swap(container);
}

}  // namespace

bool FrameBatch::begin(ConnectionMailbox& mailbox, FrameTimeMeter& times) {
  if (events_.empty()) mailbox.take_frames(events_, max_bytes);
  if (events_.empty()) return false;
  is_writing_ = true;
  past_ = arrays_ ? events_.size() : next_ + 1;
  for (std::size_t i = next_; i < past_; ++i) times.note(events_[i].timing);
  if (past_ - next_ > 1) join();
  return true;
}

void FrameBatch::finish() {
  is_writing_ = false;
  joined_.clear();
  if (joined_.capacity() > kept_text_bytes) let_go(joined_);
  events_[next_].frame.reset();
  next_ = past_;
  if (more()) return;
  events_.clear();
  if (events_.capacity() > kept_capacity) let_go(events_);
  next_ = past_ = 0;
}

/// Envelopes are spliced as they are: their texts are shared with other connections.
void FrameBatch::join() {
  std::size_t size = 1;
  for (const auto& event : events_) size += event.frame->size() + 1;
  joined_.reserve(size);
  joined_ += '[';
  for (auto& event : events_) {
    joined_ += *event.frame;
    joined_ += ',';
    event.frame.reset();
  }
  joined_.back() = ']';
}

}  // namespace anabranch::transport
