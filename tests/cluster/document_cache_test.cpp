#include "cluster/document_cache.h"

#include "tests/cluster/support.h"

#include <gtest/gtest.h>

namespace anabranch::cluster {

namespace {

/// Puts a loaded document with one value of about so many bytes in.
void put(DocumentCache& cache, const UserId& user, std::size_t bytes = 100) {
  DocumentCache::Entry& entry = cache.begin_loading(user);
  entry.loaded = true;
  const std::string text = "\"" + std::string(bytes, 'x') + "\"";
  entry.document.merge(path("a"), record_of({origin_a, 1}, set("a", text)));
  cache.reweigh(user);
}

constexpr std::size_t room_for_two = 2 * (100 + 3 * 256);

TEST(DocumentCache, ForgetsTheDocumentThatWasUsedLeastRecently) {
  DocumentCache cache(room_for_two);
  put(cache, "alice");
  put(cache, "bob");
  cache.find("alice");
  put(cache, "carol");
  EXPECT_TRUE(cache.find("alice"));
  EXPECT_FALSE(cache.find("bob"));
  EXPECT_TRUE(cache.find("carol"));
  EXPECT_LE(cache.bytes(), room_for_two);
}

TEST(DocumentCache, KeepsWhatIsPinnedAndWhatIsBeingLoaded) {
  DocumentCache cache(1);
  cache.begin_loading("loading");
  DocumentCache::Entry& entry = cache.begin_loading("pinned");
  entry.loaded = true;
  cache.pin("pinned");
  cache.pin("pinned");
  cache.reweigh("pinned");
  cache.unpin("pinned");
  put(cache, "other");
  EXPECT_TRUE(cache.find("loading"));
  EXPECT_TRUE(cache.find("pinned"));
  EXPECT_FALSE(cache.find("other"));
  cache.unpin("pinned");
  EXPECT_FALSE(cache.find("pinned"));
}

TEST(DocumentCache, WeighsADocumentAnewWhenItGrows) {
  DocumentCache cache(1 << 20);
  put(cache, "alice");
  const std::size_t before = cache.bytes();
  cache.find("alice")->document.merge(path("b"), record_of({origin_a, 2}, set("b", "12345")));
  cache.reweigh("alice");
  EXPECT_GT(cache.bytes(), before);
  cache.erase("alice");
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(DocumentCache, ClearingLeavesWhatIsBeingLoadedAndItsInputs) {
  DocumentCache cache(1 << 20);
  put(cache, "alice");
  cache.begin_loading("bob").waiting.push_back(StateRead{1, "bob", {}});
  cache.clear();
  EXPECT_FALSE(cache.find("alice"));
  ASSERT_TRUE(cache.find("bob"));
  EXPECT_EQ(cache.find("bob")->waiting.size(), 1U);
}

TEST(DocumentCache, WaitingInputsAreTakenOutInTheirOrder) {
  DocumentCache cache(1 << 20);
  DocumentCache::Entry& entry = cache.begin_loading("bob");
  entry.waiting.push_back(StateRead{1, "bob", {}});
  entry.waiting.push_back(StateRead{2, "bob", {}});
  const auto taken = cache.take_waiting();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(std::get<StateRead>(taken[0]).token, 1U);
  EXPECT_TRUE(cache.find("bob")->waiting.empty());
}

TEST(DocumentCache, UnpinningWhatIsGoneIsNoError) {
  DocumentCache cache(1);
  cache.unpin("nobody");
  EXPECT_FALSE(cache.find("nobody"));
}

}  // namespace

}  // namespace anabranch::cluster
