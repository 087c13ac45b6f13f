#include "transport/peer/peer_outbox.h"

#include "base/check.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace anabranch::transport {

PeerOutbox::PeerOutbox() : wake_descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

PeerOutbox::~PeerOutbox() {
  if (wake_descriptor_ >= 0) close(wake_descriptor_);
}

void PeerOutbox::put(OutboundMessage message) {
  const std::lock_guard lock(mutex_);
  waiting_.messages.push_back(std::move(message));
  wake_once();
}

void PeerOutbox::put(std::vector<PeerAddress> peers) {
  const std::lock_guard lock(mutex_);
  waiting_.peers = std::move(peers);
  wake_once();
}

void PeerOutbox::put(CurveKeys keys) {
  const std::lock_guard lock(mutex_);
  waiting_.keys = std::move(keys);
  wake_once();
}

void PeerOutbox::put_stop() {
  const std::lock_guard lock(mutex_);
  waiting_.stop = true;
  wake_once();
}

PeerOutbox::Batch PeerOutbox::take() {
  const std::lock_guard lock(mutex_);
  if (awake_) {
    std::uint64_t count = 0;
    ANABRANCH_CHECK(read(wake_descriptor_, &count, sizeof count) == sizeof count);
    awake_ = false;
  }
  return std::exchange(waiting_, {});
}

void PeerOutbox::wake_once() {
  if (awake_) return;
  const std::uint64_t one = 1;
  ANABRANCH_CHECK(write(wake_descriptor_, &one, sizeof one) == sizeof one);
  awake_ = true;
}

}  // namespace anabranch::transport
