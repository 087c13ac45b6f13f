#include "node/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace anabranch::node {

namespace {

/// An open file, closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

tl::unexpected<Error> io_failure(const std::filesystem::path& file, const char* what) {
  const int reason = errno;
  return fail(
      reason == ENOENT ? Errc::not_found : Errc::io,
      file.string() + ": cannot be " + what + ": " + std::generic_category().message(reason));
}

/// `mode` gets the file's permissions.
Result<std::string> read_with_mode(const std::filesystem::path& file, std::size_t max_bytes,
                                   mode_t& mode) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!descriptor.is_open() || ::fstat(descriptor.get(), &info) != 0) {
    return io_failure(file, "read");
  }
  if (!S_ISREG(info.st_mode)) return fail(Errc::io, file.string() + ": is not a regular file");
  mode = info.st_mode;
  std::string content(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(descriptor.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_failure(file, "read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) {
    return fail(Errc::io,
                file.string() + ": is larger than " + std::to_string(max_bytes) + " bytes");
  }
  content.resize(size);
  return content;
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file, std::size_t max_bytes) {
  mode_t mode = 0;
  return read_with_mode(file, max_bytes, mode);
}

Result<std::string> read_secret_file(const std::filesystem::path& file) {
  mode_t mode = 0;
  auto secret = read_with_mode(file, max_secret_file_bytes, mode);
  if (!secret) return secret;
  if ((mode & S_IROTH) != 0) {
    return fail(Errc::refused, file.string() +
                                   ": everyone on this machine may read it; take that away: "
                                   "chmod 600 " +
                                   file.string());
  }
  if (!secret->empty() && secret->back() == '\n') secret->pop_back();
  return secret;
}

Result<std::string> read_long_secret_file(const std::filesystem::path& file) {
  auto secret = read_secret_file(file);
  if (secret && secret->size() < min_secret_bytes) {
    return fail(Errc::refused, file.string() + ": a secret must have at least " +
                                   std::to_string(min_secret_bytes) + " bytes, this has " +
                                   std::to_string(secret->size()));
  }
  return secret;
}

Result<void> write_new_secret_file(const std::filesystem::path& file, std::string_view content) {
  const Descriptor descriptor(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!descriptor.is_open() && errno == EEXIST) {
    return fail(Errc::in_use, file.string() + ": exists already and is not overwritten");
  }
  if (!descriptor.is_open()) return io_failure(file, "made");
  if (!write_all(descriptor.get(), content)) {
    const auto failure = io_failure(file, "written");
    ::unlink(file.c_str());
    return failure;
  }
  return {};
}

}  // namespace anabranch::node
