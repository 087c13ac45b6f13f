#include "storage/rocksdb_store.h"
#include "tests/storage/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

// A database whose files were damaged: what was acked is found, or the store refuses to open and
// leaves everything as it was.

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;
using testing::SizeIs;

constexpr ReplicaId origin{5};
constexpr std::uint64_t writes = 40;

class RocksdbDamage : public testing::Test {
 protected:
  RocksdbDamage() {
    const OpenedStore opened = open_store(options());
    for (std::uint64_t seq = 1; seq <= writes; ++seq) {
      const std::string text = '"' + std::string(100 * seq, 'x') + '"';
      const auto change = put("alice", std::to_string(seq), value_record({origin, seq}, text));
      EXPECT_TRUE(opened.store->commit(batch_of({change})));
    }
  }

  fs::path database() const { return directory_.path() / "data" / "db"; }
  fs::path log() const { return last_file(database(), ".log"); }
  RocksdbOptions options() const { return options_in(directory_.path() / "data"); }

  Result<OpenedStore> try_open() const {
    SystemRandom random;
    return open_rocksdb_store(options(), random);
  }

  void expect_refused_and_unchanged() const {
    const auto before = tree_of(directory_.path());
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt) << opened.error().message;
    EXPECT_TRUE(tree_of(directory_.path()) == before);
  }

  void expect_writes(std::uint64_t expected) const {
    const OpenedStore opened = open_store(options());
    EXPECT_EQ(opened.identity, DirectoryIdentity::kept);
    EXPECT_EQ(opened.store->state().vector[origin], expected);
    EXPECT_THAT(opened.store->load_user("alice").value(), SizeIs(expected));
    EXPECT_THAT(pull_all(*opened.store, {}), SizeIs(expected));
  }

  /// Moves what the log holds into a table file, by opening the store once more.
  void fill_a_table() const { open_store(options()); }

  void flip(const fs::path& file, std::size_t at) const {
    std::string bytes = read_file(file);
    ASSERT_LT(at, bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    write_file(file, bytes);
  }

  TemporaryDirectory directory_;
};

TEST_F(RocksdbDamage, NoneIsFoundInAnUndamagedDatabase) { expect_writes(writes); }

TEST_F(RocksdbDamage, ALogCutShortInItsLastRecordLosesThatRecordAlone) {
  const std::string bytes = read_file(log());
  write_file(log(), std::string_view(bytes).substr(0, bytes.size() - 10));
  expect_writes(writes - 1);
  expect_writes(writes - 1);
}

TEST_F(RocksdbDamage, GarbageAfterTheLastRecordLosesNothing) {
  const std::string bytes = read_file(log());
  for (const std::size_t size : {1, 6, 7, 300, 40'000}) {
    std::string garbage;
    for (std::size_t i = 0; i < size; ++i) garbage.push_back(static_cast<char>(i * i * 31 + 7));
    TemporaryDirectory other;
    fs::copy(directory_.path() / "data", other.path() / "data", fs::copy_options::recursive);
    write_file(last_file(other.path() / "data" / "db", ".log"), bytes + garbage);
    const OpenedStore opened = open_store(options_in(other.path() / "data"));
    EXPECT_THAT(opened.store->load_user("alice").value(), SizeIs(writes)) << size;
  }
}

TEST_F(RocksdbDamage, ZeroesAfterTheLastRecordLoseNothing) {
  write_file(log(), read_file(log()) + std::string(50'000, '\0'));
  expect_writes(writes);
}

TEST_F(RocksdbDamage, ADamagedLastRecordCountsAsTorn) {
  flip(log(), fs::file_size(log()) - 20);
  expect_writes(writes - 1);
}

TEST_F(RocksdbDamage, DamageInTheMiddleOfTheLogIsRefused) {
  flip(log(), fs::file_size(log()) / 2);
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, DamageJustBeforeTheLastRecordIsRefused) {
  // The last two records take some 4 KB each, in the same block or across its end.
  flip(log(), fs::file_size(log()) - 4500);
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, ALogCutAnywhereGivesAWholeNumberOfFirstWrites) {
  const std::string bytes = read_file(log());
  for (std::size_t size = bytes.size(); size > bytes.size() / 2; size -= 3001) {
    TemporaryDirectory other;
    fs::copy(directory_.path() / "data", other.path() / "data", fs::copy_options::recursive);
    write_file(last_file(other.path() / "data" / "db", ".log"), bytes.substr(0, size));
    const OpenedStore opened = open_store(options_in(other.path() / "data"));
    const std::uint64_t seq = opened.store->state().vector[origin];
    EXPECT_THAT(opened.store->load_user("alice").value(), SizeIs(seq));
  }
}

TEST_F(RocksdbDamage, ADamagedCurrentFileIsRefused) {
  flip(database() / "CURRENT", 3);
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, AnEmptyCurrentFileIsRefused) {
  write_file(database() / "CURRENT", "");
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, AMissingCurrentFileIsRefused) {
  fs::remove(database() / "CURRENT");
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, ADamagedManifestIsRefused) {
  const fs::path manifest = last_file(database(), "MANIFEST-");
  flip(manifest, fs::file_size(manifest) / 2);
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, ATableCutShortIsRefused) {
  fill_a_table();
  const fs::path table = last_file(database(), ".sst");
  fs::resize_file(table, fs::file_size(table) - 1);
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, ATableWithADamagedFooterIsRefused) {
  fill_a_table();
  const fs::path table = last_file(database(), ".sst");
  flip(table, fs::file_size(table) - 4);
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, AMissingTableIsRefused) {
  fill_a_table();
  fs::remove(last_file(database(), ".sst"));
  expect_refused_and_unchanged();
}

TEST_F(RocksdbDamage, DamageWithinATableShowsWhenItIsRead) {
  fill_a_table();
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(database())) {
    if (entry.path().extension() != ".sst") continue;
    if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
  }
  flip(largest, 20);
  const OpenedStore opened = open_store(options());
  const auto records = opened.store->load_user("alice");
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code, Errc::corrupt);
  EXPECT_EQ(opened.store->open_pull({}).value()->next(1 << 20).error().code, Errc::corrupt);
}

}  // namespace

}  // namespace anabranch::storage
