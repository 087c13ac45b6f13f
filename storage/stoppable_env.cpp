#include "storage/stoppable_env.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <utility>

namespace anabranch::storage {

namespace {

class StoppableFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  StoppableFile(std::unique_ptr<rocksdb::FSSequentialFile> file, const std::atomic<bool>& stopped)
      : FSSequentialFileOwnerWrapper(std::move(file)), stopped_(stopped) {}

  rocksdb::IOStatus Read(std::size_t size, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) override {
    if (stopped_) return rocksdb::IOStatus::Aborted("stopped");
    return FSSequentialFileOwnerWrapper::Read(size, options, result, scratch, debug);
  }

 private:
  const std::atomic<bool>& stopped_;
};

class StoppableFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  StoppableFileSystem(const std::shared_ptr<rocksdb::FileSystem>& base,
                      const std::atomic<bool>& stopped)
      : FileSystemWrapper(base), stopped_(stopped) {}

  const char* Name() const override { return "StoppableFileSystem"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewSequentialFile(name, options, file, debug);
    if (status.ok()) *file = std::make_unique<StoppableFile>(std::move(*file), stopped_);
    return status;
  }

 private:
  const std::atomic<bool>& stopped_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_stoppable_env(rocksdb::Env* base,
                                                 const std::atomic<bool>& stopped) {
  if (base == nullptr) base = rocksdb::Env::Default();
  return rocksdb::NewCompositeEnv(
      std::make_shared<StoppableFileSystem>(base->GetFileSystem(), stopped));
}

}  // namespace anabranch::storage
