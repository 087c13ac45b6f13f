#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace anabranch::wire {

/// Writes MessagePack. An array is begun with the number of its elements, and those follow.
class MsgpackWriter {
 public:
  explicit MsgpackWriter(std::size_t expected_bytes) { out_.reserve(expected_bytes); }

  void array(std::size_t elements);
  void uint(std::uint64_t value);
  void integer(std::int64_t value);
  void boolean(bool value);
  void text(std::string_view value);   ///< UTF-8
  void bytes(std::string_view value);  ///< anything
  void nil();

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace anabranch::wire
