#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace anabranch::storage {

/// Appends an unsigned number, highest byte first, so that bytewise order is numeric order.
template <class Unsigned>
void append_big_endian(std::string& out, Unsigned number) {
  static_assert(!std::is_signed_v<Unsigned>);
  std::array<char, sizeof number> bytes;
  for (std::size_t i = sizeof number; i > 0; --i) {
    bytes[i - 1] = static_cast<char>(static_cast<unsigned char>(number));
    if constexpr (sizeof number > 1) number = static_cast<Unsigned>(number >> 8);
  }
  out.append(bytes.data(), bytes.size());
}

/// Takes numbers and bytes off the front of a stored key or value. After the first one that is not
/// there, `ok` stays false and everything read is zero or empty.
class BytesReader {
 public:
  explicit BytesReader(std::string_view bytes) : rest_(bytes) {}

  template <class Unsigned>
  Unsigned number() {
    Unsigned number = 0;
    for (const char byte : take(sizeof number)) {
      number = static_cast<Unsigned>((number << 8) | static_cast<unsigned char>(byte));
    }
    return number;
  }

  std::string_view take(std::size_t size) {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest() { return take(rest_.size()); }
  bool ok() const { return ok_; }
  /// True when every byte was read and none was missing.
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace anabranch::storage
