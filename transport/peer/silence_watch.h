#pragma once

#include <cstdint>
#include <optional>

namespace anabranch::transport {

/// Tells when a socket has been silent for so long that its connection must be dead, whatever TCP
/// believes: after a cable was pulled or a firewall forgot the flow, both ends may wait for ever.
/// Pure: times are monotonic milliseconds, given by the caller.
class SilenceWatch {
 public:
  /// What the other side owes us.
  enum class Expects {
    stream,   ///< something every so often, whether we speak or not
    answers,  ///< something after we have spoken
  };

  SilenceWatch(Expects expects, std::int64_t limit_ms, std::int64_t now_ms);

  /// The socket was connected anew: the limit starts over.
  void rebuilt(std::int64_t now_ms);
  void spoke(std::int64_t now_ms);
  void heard(std::int64_t now_ms);

  bool expired(std::int64_t now_ms) const;
  /// Something came since the socket was last built.
  bool was_heard() const { return was_heard_; }

 private:
  void start_over(std::int64_t now_ms);

  const Expects expects_;
  const std::int64_t limit_ms_;
  std::optional<std::int64_t> waiting_since_ms_;
  bool was_heard_ = false;
};

}  // namespace anabranch::transport
