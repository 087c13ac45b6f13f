#pragma once

#include "base/random.h"
#include "storage/rocksdb_store.h"
#include "storage/store.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What the tests of the stores share.

namespace anabranch::storage {

/// Where files need not outlive the power, and syncs cost nothing.
std::filesystem::path memory_backed();

/// An empty directory that goes with the object.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Counts up, so that each id is a new one.
class CountingRandom final : public Random {
 public:
  explicit CountingRandom(std::uint64_t start = 1000) : next_(start) {}
  std::uint64_t next() override { return next_++; }

 private:
  std::uint64_t next_;
};

crdt::Path path(std::string_view text);
crdt::Record value_record(Dot dot, std::string_view json, std::uint64_t version = 1);
crdt::Record tombstone_record(Dot dot, std::uint64_t version = 1);

wire::RecordChange put(const UserId& user, std::string_view at, crdt::Record record);
wire::RecordChange erase(const UserId& user, std::string_view at, crdt::Record record);

/// A batch of these changes, whose own origin's entry rises to the last put's dot.
wire::StoreBatch batch_of(std::vector<wire::RecordChange> changes);

/// All writes of a pull, piece by piece. Fails the test on an error.
std::vector<crdt::Write> pull_all(const Store& store, const crdt::VersionVector& vector,
                                  std::size_t max_bytes = 1 << 20);

RocksdbOptions options_in(const std::filesystem::path& directory);

/// Opens the store, and fails the test when that fails.
OpenedStore open_store(const RocksdbOptions& options);

/// The content of every file below `directory`, by its path there, and "" for each directory.
std::map<std::string, std::string> tree_of(const std::filesystem::path& directory);

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// The one file in `directory` with this extension or name prefix that sorts last.
std::filesystem::path last_file(const std::filesystem::path& directory, std::string_view part);

}  // namespace anabranch::storage
