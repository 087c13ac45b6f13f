#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace anabranch::transport {

/// Lines for the operator. What a peer can cause at will is held back: one line of a topic in ten
/// seconds, with the number of those left out. Belongs to one thread.
class OperatorLog {
 public:
  enum class Topic { refused, unsent, socket };

  /// `sink` may be empty.
  explicit OperatorLog(std::function<void(std::string)> sink) : sink_(std::move(sink)) {}

  void say(std::string line);
  void say_rarely(Topic topic, std::int64_t now_ms, std::string line);

 private:
  struct Last {
    bool said = false;
    std::int64_t at_ms = 0;
    std::uint64_t left_out = 0;
  };

  const std::function<void(std::string)> sink_;
  std::array<Last, 3> last_{};  // by topic
};

}  // namespace anabranch::transport
