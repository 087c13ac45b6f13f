#pragma once

#include "load/stamp.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::load {

/// Paths are numbered with so many digits.
inline constexpr std::size_t path_digits = 5;
inline constexpr std::size_t max_paths = 100'000;
/// A value holds its stamp and this much around it, and is filled up to its size.
inline constexpr std::size_t min_value_bytes = 29;

/// The text of a sender's updates, of which only some digits change from one to the next.
class UpdateText {
 public:
  /// In `pattern` '#' stands for the stamp and '@' for the path's number.
  explicit UpdateText(std::string_view pattern);

  /// Good until the next call.
  std::string_view with(Stamp stamp, std::uint64_t path);

 private:
  std::string text_;
  std::vector<std::size_t> stamps_;
  std::vector<std::size_t> paths_;
};

/// A JSON value of `bytes` (min_value_bytes or more) in its canonical form, with '#' for the stamp.
std::string value_pattern(std::size_t bytes);

}  // namespace anabranch::load
