#include "storage/sync_time.h"

#include "tests/storage/support.h"

#include <gtest/gtest.h>

#include <thread>

namespace anabranch::storage {
namespace {

void commit(const OpenedStore& opened, std::uint64_t seq) {
  ASSERT_TRUE(opened.store->commit(
      batch_of({put("alice", "x", value_record({opened.store->state().replica, seq}, "1"))})));
}

TEST(SyncTime, IsTheFsyncsPartOfThisThreadsCommits) {
  const TemporaryDirectory directory;
  const OpenedStore opened = open_store(options_in(directory.path() / "data"));
  SyncTime sync;
  const auto begun = std::chrono::steady_clock::now();
  commit(opened, 1);
  const auto first = sync.take();
  EXPECT_GT(first.count(), 0);
  EXPECT_LE(first, std::chrono::steady_clock::now() - begun);
  EXPECT_EQ(sync.take().count(), 0) << "taken already";
  commit(opened, 2);
  EXPECT_GT(sync.take().count(), 0);

  std::thread([&opened] { commit(opened, 3); }).join();
  EXPECT_EQ(sync.take().count(), 0) << "another thread's";
}

}  // namespace
}  // namespace anabranch::storage
