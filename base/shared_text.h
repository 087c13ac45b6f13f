#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace anabranch {

/// An immutable text that whoever holds it shares: made once, in one piece of memory, and copied by
/// counting. For what passes through many hands on its way. Safe to share between threads.
class SharedText {
 public:
  SharedText() = default;

  /// Copies the text.
  template <std::convertible_to<std::string_view> Text>
  SharedText(const Text& text) : SharedText(std::string_view(text), nullptr) {}

  operator std::string_view() const { return view(); }
  std::string_view view() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Bytewise, as unsigned.
  friend std::strong_ordering operator<=>(const SharedText& left, const SharedText& right) {
    return left.view() <=> right.view();
  }
  friend bool operator==(const SharedText& left, const SharedText& right) {
    return left.bytes_ == right.bytes_ || left.view() == right.view();
  }

 private:
  SharedText(std::string_view text, std::nullptr_t) : size_(text.size()) {
    if (text.empty()) return;
    auto bytes = std::make_shared_for_overwrite<char[]>(size_);
    std::memcpy(bytes.get(), text.data(), size_);
    bytes_ = std::move(bytes);
  }

  std::shared_ptr<const char[]> bytes_;  ///< null where empty
  std::size_t size_ = 0;
};

}  // namespace anabranch
