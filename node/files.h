#pragma once

#include "base/result.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace anabranch::node {

/// The largest key, secret or token file that is read.
inline constexpr std::size_t max_secret_file_bytes = 64 << 10;
/// What a secret must have so that guessing it is out of the question.
inline constexpr std::size_t min_secret_bytes = 32;

/// A regular file's bytes. Errc::not_found, or Errc::io with the reason; messages name the file.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t max_bytes);

/// A secret's bytes without one trailing newline. Errc::refused where the world may read the file.
Result<std::string> read_secret_file(const std::filesystem::path& file);

/// As read_secret_file, and Errc::refused for fewer than min_secret_bytes.
Result<std::string> read_long_secret_file(const std::filesystem::path& file);

/// Makes a file that only its owner may read, durably. Errc::in_use where something of that name
/// is there already: nothing is ever overwritten.
Result<void> write_new_secret_file(const std::filesystem::path& file, std::string_view content);

}  // namespace anabranch::node
