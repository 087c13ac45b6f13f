#include "tests/storage/support.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace anabranch::storage {

namespace fs = std::filesystem;

fs::path memory_backed() {
  const fs::path shared_memory = "/dev/shm";
  return ::access(shared_memory.c_str(), W_OK) == 0 ? shared_memory : fs::temp_directory_path();
}

TemporaryDirectory::TemporaryDirectory(const fs::path& parent) {
  std::string pattern = (parent / "anabranch-storage-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

crdt::Path path(std::string_view text) { return crdt::Path::parse(text).value(); }

crdt::Record value_record(Dot dot, std::string_view json, std::uint64_t version) {
  return {{version, 1'700'000'000'000, "tab"},
          dot,
          false,
          {crdt::RecordKind::value, crdt::Value(std::string(json))}};
}

crdt::Record tombstone_record(Dot dot, std::uint64_t version) {
  return {{version, 1'700'000'000'000, "tab"}, dot, false, {crdt::RecordKind::tombstone, {}}};
}

wire::RecordChange put(const UserId& user, std::string_view at, crdt::Record record) {
  return {wire::RecordChange::Kind::put, user, path(at), std::move(record)};
}

wire::RecordChange erase(const UserId& user, std::string_view at, crdt::Record record) {
  return {wire::RecordChange::Kind::erase, user, path(at), std::move(record)};
}

wire::StoreBatch batch_of(std::vector<wire::RecordChange> changes) {
  wire::StoreBatch batch;
  for (const wire::RecordChange& change : changes) {
    if (change.kind == wire::RecordChange::Kind::erase) continue;
    batch.advanced.raise(change.record.dot.origin, change.record.dot.seq);
  }
  batch.records = std::move(changes);
  return batch;
}

std::vector<crdt::Write> pull_all(const Store& store, const crdt::VersionVector& vector,
                                  std::size_t max_bytes) {
  auto cursor = store.open_pull(vector);
  EXPECT_TRUE(cursor) << cursor.error().message;
  std::vector<crdt::Write> writes;
  while (cursor) {
    auto piece = (*cursor)->next(max_bytes);
    EXPECT_TRUE(piece) << piece.error().message;
    if (!piece) break;
    std::move(piece->writes.begin(), piece->writes.end(), std::back_inserter(writes));
    if (piece->last) break;
  }
  return writes;
}

RocksdbOptions options_in(const fs::path& directory) {
  RocksdbOptions options;
  options.data_dir = directory;
  options.node_name = "eu";
  options.cache_bytes = 8 << 20;
  return options;
}

OpenedStore open_store(const RocksdbOptions& options) {
  SystemRandom random;
  auto opened = open_rocksdb_store(options, random);
  if (!opened) throw std::runtime_error(opened.error().message);
  return *std::move(opened);
}

std::map<std::string, std::string> tree_of(const fs::path& directory) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = fs::relative(entry.path(), directory).string();
    tree[name] = entry.is_regular_file() ? read_file(entry.path()) : std::string();
  }
  return tree;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

fs::path last_file(const fs::path& directory, std::string_view part) {
  fs::path last;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().string().find(part) == std::string::npos) continue;
    if (entry.path() > last) last = entry.path();
  }
  return last;
}

}  // namespace anabranch::storage
