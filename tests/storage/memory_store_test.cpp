#include "storage/memory_store.h"

#include "tests/storage/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::storage {

namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr ReplicaId origin{5};

wire::StoreBatch write(std::uint64_t seq) {
  return batch_of({put("alice", std::to_string(seq), value_record({origin, seq}, "1"))});
}

TEST(MemoryStore, AfterAFailedCommitNoneSucceedsUntilRecovered) {
  MemoryStore store(origin);
  store.fail_commits(1, FailedCommit::lost);
  EXPECT_EQ(store.commit(write(1)).error().code, Errc::io);
  EXPECT_FALSE(store.commit(write(2)));
  ASSERT_TRUE(store.recover());
  EXPECT_THAT(store.load_user("alice").value(), IsEmpty());
  EXPECT_TRUE(store.commit(write(1)));
}

TEST(MemoryStore, AFailedCommitMayTurnUpAfterRecovery) {
  MemoryStore store(origin);
  store.fail_commits(1, FailedCommit::found_later);
  EXPECT_FALSE(store.commit(write(1)));
  EXPECT_THAT(store.load_user("alice").value(), IsEmpty());
  ASSERT_TRUE(store.recover());
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(1));
  EXPECT_EQ(store.state().vector[origin], 1u);
}

TEST(MemoryStore, AFullDiskFailsCommitsAndRecoveryUntilItHasSpace) {
  MemoryStore store(origin);
  ASSERT_TRUE(store.commit(write(1)));
  store.set_disk_full(true);
  EXPECT_FALSE(store.commit(write(2)));
  EXPECT_FALSE(store.recover());
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(1));
  store.set_disk_full(false);
  EXPECT_FALSE(store.commit(write(2)));
  ASSERT_TRUE(store.recover());
  EXPECT_TRUE(store.commit(write(2)));
}

TEST(MemoryStore, ACrashLosesNothingCommitted) {
  MemoryStore store(origin);
  ASSERT_TRUE(store.commit(write(1)));
  store.fail_commits(1, FailedCommit::lost);
  EXPECT_FALSE(store.commit(write(2)));
  store.crash();
  EXPECT_THAT(store.load_user("alice").value(), SizeIs(1));
  EXPECT_EQ(store.state().vector[origin], 1u);
  EXPECT_TRUE(store.commit(write(2)));
}

TEST(MemoryStore, ACopyGoesItsOwnWay) {
  MemoryStore store(origin);
  ASSERT_TRUE(store.commit(write(1)));
  const auto backup = store.copy();
  ASSERT_TRUE(store.commit(write(2)));
  EXPECT_EQ(backup->state().vector[origin], 1u);
  EXPECT_THAT(backup->load_user("alice").value(), SizeIs(1));
}

}  // namespace

}  // namespace anabranch::storage
