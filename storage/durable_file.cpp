#include "storage/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace anabranch::storage {

namespace fs = std::filesystem;

File::File(const fs::path& path, int flags)
    : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)) {}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool File::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

tl::unexpected<Error> io_error(std::string_view doing, const fs::path& path, int error) {
  return fail(Errc::io, std::string(doing) + " " + path.string() + ": " +
                            std::generic_category().message(error));
}

Result<void> write_durably(const fs::path& path, std::string_view bytes) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open() || !file.write_all(bytes) || ::fsync(file.get()) != 0) {
    return io_error("cannot write", path, errno);
  }
  return {};
}

Result<void> sync_directory(const fs::path& path) {
  const File directory(path, O_RDONLY | O_DIRECTORY);
  if (!directory.is_open() || ::fsync(directory.get()) != 0) {
    return io_error("cannot sync", path, errno);
  }
  return {};
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_error("cannot rename", from, errno);
  return sync_directory(to.parent_path());
}

Result<void> make_directory(const fs::path& path, std::string_view what) {
  std::error_code error;
  if (fs::is_directory(path, error)) return {};
  if (fs::exists(path, error)) {
    return fail(Errc::invalid_config, path.string() + " is not a directory");
  }
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) return io_error("cannot make the " + std::string(what), path, error.value());
  return sync_directory(fs::absolute(path).parent_path());
}

}  // namespace anabranch::storage
