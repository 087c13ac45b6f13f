#pragma once

#include "base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

// Files that are there after a power cut, and that nobody but their owner may read.

namespace anabranch::storage {

/// An open file, closed with the object.
class File {
 public:
  File(const std::filesystem::path& path, int flags);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

  bool write_all(std::string_view bytes) const;

 private:
  int descriptor_;
};

/// "<doing> <path>: <what errno `error` means>".
tl::unexpected<Error> io_error(std::string_view doing, const std::filesystem::path& path,
                               int error);

Result<void> write_durably(const std::filesystem::path& path, std::string_view bytes);
Result<void> sync_directory(const std::filesystem::path& path);
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes a directory, and what lies above it, where it is missing: its owner's alone. `what` it is,
/// for the message.
Result<void> make_directory(const std::filesystem::path& path, std::string_view what);

}  // namespace anabranch::storage
