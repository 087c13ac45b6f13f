#include "storage/rocksdb_store.h"

#include "storage/meta_layout.h"
#include "tests/storage/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;
using testing::SizeIs;

constexpr ReplicaId origin{5};

wire::StoreBatch write(std::uint64_t seq) {
  return batch_of({put("alice", std::to_string(seq), value_record({origin, seq}, "1"))});
}

class RocksdbStore : public testing::Test {
 protected:
  fs::path data() const { return directory_.path() / "data"; }
  RocksdbOptions options() const { return options_in(data()); }

  Result<OpenedStore> try_open(const RocksdbOptions& options) const {
    SystemRandom random;
    return open_rocksdb_store(options, random);
  }

  TemporaryDirectory directory_;
};

/// Opens, commits write `seq`, closes; the replica id it ran under.
ReplicaId run_once(const RocksdbOptions& options, std::uint64_t seq) {
  const OpenedStore opened = open_store(options);
  EXPECT_TRUE(opened.store->commit(write(seq)));
  return opened.store->state().replica;
}

TEST_F(RocksdbStore, ReopeningFindsEverything) {
  wire::StoreBatch batch = write(1);
  batch.totals = {1, 1, 0, 9};
  batch.digests[7] = 3;
  wire::StoreState first;
  {
    const OpenedStore opened = open_store(options());
    EXPECT_EQ(opened.identity, DirectoryIdentity::created);
    first = opened.store->state();
    ASSERT_TRUE(opened.store->commit(batch));
  }
  const OpenedStore again = open_store(options());
  EXPECT_EQ(again.identity, DirectoryIdentity::kept);
  const wire::StoreState state = again.store->state();
  EXPECT_EQ(state.replica, first.replica);
  EXPECT_EQ(state.vector[origin], 1u);
  EXPECT_EQ(state.totals, batch.totals);
  EXPECT_TRUE(state.digest.bucket(7) == 3);
  EXPECT_THAT(again.store->load_user("alice").value(), SizeIs(1));
  EXPECT_THAT(pull_all(*again.store, {}), SizeIs(1));
}

TEST_F(RocksdbStore, ManyRestartsKeepTheReplicaId) {
  const ReplicaId replica = run_once(options(), 1);
  for (std::uint64_t seq = 2; seq < 8; ++seq) EXPECT_EQ(run_once(options(), seq), replica);
  EXPECT_EQ(open_store(options()).identity, DirectoryIdentity::kept);
}

TEST_F(RocksdbStore, AMovedDirectoryKeepsItsReplicaId) {
  const ReplicaId replica = run_once(options(), 1);
  fs::rename(data(), directory_.path() / "moved");
  const OpenedStore moved = open_store(options_in(directory_.path() / "moved"));
  EXPECT_EQ(moved.identity, DirectoryIdentity::kept);
  EXPECT_EQ(moved.store->state().replica, replica);
}

TEST_F(RocksdbStore, ACopiedDirectoryGetsAReplicaIdOfItsOwn) {
  const ReplicaId replica = run_once(options(), 1);
  fs::copy(data(), directory_.path() / "copy", fs::copy_options::recursive);
  const RocksdbOptions of_copy = options_in(directory_.path() / "copy");
  ReplicaId minted;
  {
    const OpenedStore copy = open_store(of_copy);
    EXPECT_EQ(copy.identity, DirectoryIdentity::copied);
    minted = copy.store->state().replica;
    EXPECT_NE(minted, replica);
    EXPECT_THAT(copy.store->load_user("alice").value(), SizeIs(1));
  }
  const OpenedStore again = open_store(of_copy);
  EXPECT_EQ(again.identity, DirectoryIdentity::kept);
  EXPECT_EQ(again.store->state().replica, minted);
  EXPECT_EQ(open_store(options()).identity, DirectoryIdentity::kept);
}

TEST_F(RocksdbStore, AnOldCopyWrittenBackOverTheSameFilesIsFoundOut) {
  const ReplicaId replica = run_once(options(), 1);
  fs::copy(data(), directory_.path() / "backup", fs::copy_options::recursive);
  run_once(options(), 2);
  // As `cp -a` does: the files keep their inodes where they exist, and get the old content.
  const std::string old_marker = read_file(directory_.path() / "backup" / "replica");
  fs::remove_all(data() / "db");
  fs::copy(directory_.path() / "backup" / "db", data() / "db", fs::copy_options::recursive);
  write_file(data() / "replica", old_marker);

  const OpenedStore restored = open_store(options());
  EXPECT_EQ(restored.identity, DirectoryIdentity::copied);
  EXPECT_NE(restored.store->state().replica, replica);
  EXPECT_THAT(restored.store->load_user("alice").value(), SizeIs(1));
}

TEST_F(RocksdbStore, ADirectoryWithoutItsMarkerCountsAsCopied) {
  run_once(options(), 1);
  fs::remove(data() / "replica");
  EXPECT_EQ(open_store(options()).identity, DirectoryIdentity::copied);
  EXPECT_EQ(open_store(options()).identity, DirectoryIdentity::kept);
}

TEST_F(RocksdbStore, ACrashBeforeTheNewMarkerStandsIsHarmless) {
  const ReplicaId replica = run_once(options(), 1);
  write_file(data() / "replica.new", "half a mar");
  EXPECT_EQ(run_once(options(), 2), replica);
}

TEST_F(RocksdbStore, UnderAnotherNodeNameItGetsANewReplicaId) {
  const ReplicaId replica = run_once(options(), 1);
  RocksdbOptions of_us = options();
  of_us.node_name = "us";
  {
    const OpenedStore opened = open_store(of_us);
    EXPECT_EQ(opened.identity, DirectoryIdentity::other_node);
    EXPECT_NE(opened.store->state().replica, replica);
  }
  EXPECT_EQ(open_store(of_us).identity, DirectoryIdentity::kept);
}

TEST_F(RocksdbStore, ACommittedReplicaIdOutlivesARestart) {
  {
    const OpenedStore opened = open_store(options());
    wire::StoreBatch batch;
    batch.replica = ReplicaId{4711};
    ASSERT_TRUE(opened.store->commit(batch));
  }
  const OpenedStore again = open_store(options());
  EXPECT_EQ(again.identity, DirectoryIdentity::kept);
  EXPECT_EQ(again.store->state().replica, ReplicaId{4711});
}

TEST_F(RocksdbStore, ADirectoryInUseIsRefusedAndLeftAlone) {
  const OpenedStore opened = open_store(options());
  const auto before = tree_of(data());
  const auto second = try_open(options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::in_use);
  EXPECT_EQ(tree_of(data()), before);
  EXPECT_TRUE(opened.store->commit(write(1)));
}

TEST_F(RocksdbStore, ADatabaseHeldByAnotherToolIsInUse) {
  run_once(options(), 1);
  rocksdb::FileLock* lock = nullptr;
  rocksdb::Env* env = rocksdb::Env::Default();
  ASSERT_TRUE(env->LockFile((data() / "db" / "LOCK").string(), &lock).ok());
  EXPECT_EQ(try_open(options()).error().code, Errc::in_use);
  ASSERT_TRUE(env->UnlockFile(lock).ok());
  EXPECT_TRUE(try_open(options()));
}

/// Does something to the database behind the store's back.
template <class Meddle>
void meddle_with(const fs::path& database, Meddle meddle) {
  std::vector<rocksdb::ColumnFamilyDescriptor> columns;
  for (const char* name : {"default", "records", "log"}) {
    columns.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, database.string(), columns, &handles, &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  meddle(*db, handles);
  for (auto* handle : handles) EXPECT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
}

void put_raw(const fs::path& database, std::string_view key, const std::string& value) {
  meddle_with(database, [&](rocksdb::DB& db, const auto&) {
    EXPECT_TRUE(db.Put({}, rocksdb::Slice(key.data(), key.size()), value).ok());
  });
}

void add_column(const fs::path& database, const std::string& name) {
  meddle_with(database, [&](rocksdb::DB& db, const auto&) {
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE(db.CreateColumnFamily({}, name, &added).ok());
    EXPECT_TRUE(db.Put({}, added, "alice", "something").ok());
    EXPECT_TRUE(db.DestroyColumnFamilyHandle(added).ok());
  });
}

TEST_F(RocksdbStore, ANewerFormatIsRefusedAndLeftAlone) {
  run_once(options(), 1);
  put_raw(data() / "db", meta_key::format, encode_format(format_version + 1));
  const auto before = tree_of(data());
  const auto opened = try_open(options());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unsupported);
  EXPECT_EQ(tree_of(data()), before);
}

TEST_F(RocksdbStore, DirectoriesOfOlderFormatsAreTakenOver) {
  for (const std::uint32_t format : {1U, 2U}) {
    fs::remove_all(data());
    run_once(options(), 1);
    put_raw(data() / "db", meta_key::format, encode_format(format));
    if (format == 2) add_column(data() / "db", "horizons");
    {
      const auto opened = open_store(options());
      EXPECT_EQ(opened.identity, DirectoryIdentity::kept);
      EXPECT_THAT(opened.store->load_user("alice").value(), SizeIs(1));
      // Before there was admission everyone took part.
      EXPECT_TRUE(opened.store->state().standing.admitted);
    }
    EXPECT_EQ(open_store(options()).identity, DirectoryIdentity::kept);
  }
}

TEST_F(RocksdbStore, OnlyADirectoryThatWasKeptStaysAdmitted) {
  {
    const auto opened = open_store(options());
    EXPECT_FALSE(opened.store->state().standing.admitted);
    wire::StoreBatch batch;
    batch.standing = wire::Standing{true, {}};
    ASSERT_TRUE(opened.store->commit(batch));
  }
  EXPECT_TRUE(open_store(options()).store->state().standing.admitted);
  fs::copy(data(), data().string() + "-copy", fs::copy_options::recursive);
  RocksdbOptions copied = options();
  copied.data_dir = data().string() + "-copy";
  EXPECT_FALSE(open_store(copied).store->state().standing.admitted);
  RocksdbOptions renamed = options();
  renamed.node_name = "another";
  EXPECT_FALSE(open_store(renamed).store->state().standing.admitted);
}

TEST_F(RocksdbStore, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  fs::create_directories(data());
  rocksdb::Options foreign;
  foreign.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(foreign, (data() / "db").string(), &db).ok());
  ASSERT_TRUE(db->Put({}, "key", "value").ok());
  delete db;
  const auto before = tree_of(data());
  const auto opened = try_open(options());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::invalid_config);
  EXPECT_EQ(tree_of(data()), before);
}

TEST_F(RocksdbStore, AnUnfinishedDatabaseIsMadeAnew) {
  fs::create_directories(data() / "db.unfinished");
  write_file(data() / "db.unfinished" / "CURRENT", "MANIFEST-000001\n");
  EXPECT_EQ(open_store(options()).identity, DirectoryIdentity::created);
  EXPECT_FALSE(fs::exists(data() / "db.unfinished"));
}

TEST_F(RocksdbStore, NoLogFileOfRocksdbsOwnIsWritten) {
  run_once(options(), 1);
  EXPECT_FALSE(fs::exists(data() / "db" / "LOG"));
}

TEST_F(RocksdbStore, AnOpenPullHoldsRecoveryOff) {
  const OpenedStore opened = open_store(options());
  auto cursor = opened.store->open_pull({}).value();
  EXPECT_EQ(opened.store->recover().error().code, Errc::io);
  cursor.reset();
  EXPECT_TRUE(opened.store->recover());
}

void remove_log(const fs::path& database) {
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(database)) {
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  }
  EXPECT_THAT(logs, testing::Not(testing::IsEmpty()));
  for (const fs::path& log : logs) fs::remove(log);
}

TEST_F(RocksdbStore, ALogThatWasTidiedAwayIsMissed) {
  for (std::uint64_t runs = 1; runs <= 2; ++runs) {
    run_once(options(), runs);
    TemporaryDirectory aside;
    fs::copy(data(), aside.path() / "data", fs::copy_options::recursive);
    remove_log(data() / "db");
    const auto before = tree_of(data());
    const auto opened = try_open(options());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_EQ(tree_of(data()), before);
    fs::copy(aside.path() / "data" / "db", data() / "db",
             fs::copy_options::recursive | fs::copy_options::skip_existing);
  }
}

TEST_F(RocksdbStore, ACopyMayComeWithoutALog) {
  run_once(options(), 1);
  open_store(options());
  remove_log(data() / "db");
  fs::remove(data() / "replica");
  const OpenedStore opened = open_store(options());
  EXPECT_EQ(opened.identity, DirectoryIdentity::copied);
  EXPECT_THAT(opened.store->load_user("alice").value(), SizeIs(1));
}

}  // namespace

}  // namespace anabranch::storage
