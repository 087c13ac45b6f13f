#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

namespace anabranch::transport {

/// So many bytes may be on their way at once. Safe from any thread.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}

  /// False when that would pass the limit.
  bool take(std::size_t bytes);
  void give_back(std::size_t bytes);
  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> taken_{0};
};

/// An encoded message that counts against its budget from its making until nobody needs its bytes
/// any more, libzmq's queues included: libzmq bounds those in messages only.
class CountedBytes {
 public:
  /// Null when the budget is exhausted.
  static std::unique_ptr<CountedBytes> make(std::string bytes, std::shared_ptr<ByteBudget> budget);
  ~CountedBytes();
  CountedBytes(const CountedBytes&) = delete;
  CountedBytes& operator=(const CountedBytes&) = delete;

  std::string& bytes() { return bytes_; }

  /// The object changes threads through libzmq's lock-free queues, which neither the language nor
  /// a race detector can see into: this pair orders what happened before it against what follows.
  void hand_over() { handed_over_.store(true, std::memory_order_release); }
  void take_over() { handed_over_.load(std::memory_order_acquire); }

 private:
  CountedBytes(std::string bytes, std::shared_ptr<ByteBudget> budget);

  std::string bytes_;
  const std::shared_ptr<ByteBudget> budget_;
  std::atomic<bool> handed_over_{false};
};

}  // namespace anabranch::transport
