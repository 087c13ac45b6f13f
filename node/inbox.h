#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace anabranch::node {

/// A queue from many threads to one, which takes all that waits at once: a busy reader makes
/// larger rounds instead of a longer queue. Its bound is its writers' business: each limits what
/// it has under way.
template <class T>
class Inbox {
 public:
  void push(T item) {
    push_quietly(std::move(item));
    wake();
  }

  /// As `push`, but a reader who waits is woken by the next `wake` or `push` alone, or comes when
  /// its deadline has.
  void push_quietly(T item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
  }

  /// Wakes the reader if there is something for it.
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      if (items_.empty() || std::exchange(woken_, true)) return;
    }
    filled_.notify_one();
  }

  /// Everything that waits; waits itself until there is something, `deadline` or `close`.
  std::vector<T> take(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    filled_.wait_until(lock, deadline, [this] { return !items_.empty() || closed_; });
    woken_ = false;
    std::vector<T> taken = std::exchange(items_, {});
    items_.reserve(std::min(taken.size(), usual_items));
    return taken;
  }

  /// Wakes the reader for good. What was pushed before can still be taken.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_one();
  }

  /// How many items wait.
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  /// Room is made at once for as many as came last, up to so many.
  static constexpr std::size_t usual_items = 1024;

  mutable std::mutex mutex_;  ///< guards all below
  std::condition_variable filled_;
  std::vector<T> items_;
  bool woken_ = false;  ///< since it took last
  bool closed_ = false;
};

}  // namespace anabranch::node
