#include "transport/client/frame_batch.h"

#include "base/let_go.h"

#include <chrono>

namespace anabranch::transport {
namespace {

/// Idle connections are many, so they keep little.
constexpr std::size_t kept_capacity = 4;
constexpr std::size_t kept_text_bytes = 4096;

}  // namespace

bool FrameBatch::begin(ConnectionMailbox& mailbox, FrameTimeMeter& times) {
  if (taken_.empty()) mailbox.take_frames(taken_, max_bytes);
  if (taken_.empty()) return false;
  is_writing_ = true;
  note(times);
  if (arrays_ && taken_.size() > 1) join();
  return true;
}

void FrameBatch::note(FrameTimeMeter& times) const {
  const std::int64_t now_ns = steady_ns(std::chrono::steady_clock::now());
  if (!arrays_) return times.note(taken_[frame_]->timing_of(event_), now_ns);
  for (const Frame& frame : taken_) {
    for (std::size_t i = 0; i < frame->count(); ++i) times.note(frame->timing_of(i), now_ns);
  }
}

std::string_view FrameBatch::text() const {
  if (!arrays_) return taken_[frame_]->at(event_);
  return joined_.empty() ? taken_.front()->all() : joined_;
}

bool FrameBatch::more() const {
  if (arrays_ || taken_.empty()) return false;
  return event_ + 1 < taken_[frame_]->count() || frame_ + 1 < taken_.size();
}

void FrameBatch::finish() {
  is_writing_ = false;
  if (!more()) return finish_all();
  if (++event_ < taken_[frame_]->count()) return;
  taken_[frame_++].reset();
  event_ = 0;
}

void FrameBatch::finish_all() {
  joined_.clear();
  if (joined_.capacity() > kept_text_bytes) let_go(joined_);
  taken_.clear();
  if (taken_.capacity() > kept_capacity) let_go(taken_);
  frame_ = event_ = 0;
}

/// Envelopes are spliced as they are: their texts are shared with other connections.
void FrameBatch::join() {
  std::size_t size = 1;
  for (const Frame& frame : taken_) size += frame->listed().size() + 1;
  joined_.reserve(size);
  joined_ += '[';
  for (Frame& frame : taken_) {
    joined_ += frame->listed();
    joined_ += ',';
    frame.reset();
  }
  joined_.back() = ']';
}

}  // namespace anabranch::transport
