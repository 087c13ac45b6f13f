#pragma once

#include "transport/peer/byte_budget.h"
#include "transport/peer/inbound_check.h"
#include "transport/peer/peer_link.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::transport {

/// One encoded message on its way to the link's thread.
struct OutboundMessage {
  PeerChannel channel;
  std::string peer;  ///< empty for publications
  std::unique_ptr<CountedBytes> bytes;
};

/// What other threads want of the link's thread. They put, it takes; while something waits, the
/// descriptor is readable. The budgets of the messages bound it.
class PeerOutbox {
 public:
  /// Everything that was put since the last take. Only the newest set of peers and the newest keys
  /// count, and they come before the messages.
  struct Batch {
    bool stop = false;
    std::optional<CurveKeys> keys;
    std::optional<std::vector<PeerAddress>> peers;
    std::vector<OutboundMessage> messages;
  };

  PeerOutbox();
  ~PeerOutbox();
  PeerOutbox(const PeerOutbox&) = delete;
  PeerOutbox& operator=(const PeerOutbox&) = delete;

  void put(OutboundMessage message);
  void put(std::vector<PeerAddress> peers);
  void put(CurveKeys keys);
  void put_stop();

  Batch take();
  /// For poll(2); owned by the outbox. Negative where the system had none left: then do not put.
  int wake_descriptor() const { return wake_descriptor_; }

 private:
  void wake_once();

  const int wake_descriptor_;
  std::mutex mutex_;
  Batch waiting_;       // guarded by mutex_
  bool awake_ = false;  // guarded by mutex_: the descriptor is readable already
};

}  // namespace anabranch::transport
