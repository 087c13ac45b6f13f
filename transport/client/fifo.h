#pragma once

#include "base/let_go.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace anabranch::transport {

/// A queue that costs an idle connection three words: std::deque keeps half a kilobyte even when
/// empty. Gives its memory back when it runs empty after a burst.
template <class T>
class Fifo {
 public:
  bool empty() const { return head_ == items_.size(); }
  const T& front() const { return items_[head_]; }
  void push(T item) { items_.push_back(std::move(item)); }

  T pop() {
    T item = std::move(items_[head_++]);
    if (empty()) {
      clear();
    } else if (head_ >= 64 && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return item;
  }

  /// Lets go of the memory that an empty one kept.
  void give_back() {
    if (empty()) drop();
  }

  void clear() {
    if (items_.capacity() > kept_capacity) return drop();
    items_.clear();
    head_ = 0;
  }

  /// For how many there is memory.
  std::size_t capacity() const { return items_.capacity(); }

 private:
  void drop() {
    let_go(items_);
    head_ = 0;
  }

  static constexpr std::size_t kept_capacity = 16;

  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace anabranch::transport
