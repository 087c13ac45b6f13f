#include "crdt/digest.h"

#include "histories.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace anabranch::crdt::testing {
namespace {

Uint128 sum_over(const Document& document) {
  Uint128 sum = 0;
  for (const auto& [path, record] : document.records()) sum += digest_of("u", path, record);
  return sum;
}

/// As a node keeps it: what a merge removed is taken off, what it stored is added.
void follow(StateDigest& digest, const Path& path, const Record& record,
            const Document::Merged& merged) {
  const std::size_t bucket = StateDigest::bucket_of("u");
  if (merged.replaced) digest.subtract(bucket, digest_of("u", path, *merged.replaced));
  for (const auto& [gone, former] : merged.removed) {
    digest.subtract(bucket, digest_of("u", gone, former));
  }
  if (merged.stored) digest.add(bucket, digest_of("u", path, record));
}

RC_GTEST_PROP(Digest, KeptUpWithEachMergeIsTheSumOverAllRecords, ()) {
  StateDigest digest;
  Document document;
  for (const Put& put : *any_history()) {
    const Path path = path_of(put.path);
    follow(digest, path, put.record, document.merge(path, put.record));
    RC_ASSERT(digest.bucket(StateDigest::bucket_of("u")) == sum_over(document));
  }
}

RC_GTEST_PROP(Digest, IsEqualWhateverTheOrderOfTheSameWrites, ()) {
  const History history = *any_history();
  StateDigest digests[2];
  int i = 0;
  for (const History& order : {history, *shuffled_with_repeats(history)}) {
    Document document;
    for (const Put& put : order) {
      const Path path = path_of(put.path);
      follow(digests[i], path, put.record, document.merge(path, put.record));
    }
    ++i;
  }
  RC_ASSERT(digests[0] == digests[1]);
  RC_ASSERT(digests[0].to_string() == digests[1].to_string());
}

RC_GTEST_PROP(Digest, CountsTombstonesForNothing, ()) {
  const Document document = document_of(*any_history());
  Document without;
  for (const auto& [path, record] : document.records()) {
    if (record.payload.kind != RecordKind::tombstone) without.merge(path, record);
  }
  RC_ASSERT(sum_over(document) == sum_over(without));
}

Record record_of(Stamp stamp, Payload payload) {
  return {std::move(stamp), {{1}, 1}, false, std::move(payload)};
}

// Every part of a record that the state depends on, each moved so that it might be mistaken for
// its neighbour's bytes.
TEST(Digest, TellsRecordsApartByUserPathStampAndContent) {
  const Path path = Path::parse("a").value();
  const Record record = record_of({1, 2, "t"}, {RecordKind::value, Value("1")});
  const std::vector<Uint128> hashes = {
      digest_of("u", path, record),
      digest_of("v", path, record),
      digest_of("u", Path::parse("b").value(), record),
      digest_of("u", Path::parse("a.b").value(), record),
      digest_of("u", path, record_of({2, 2, "t"}, record.payload)),
      digest_of("u", path, record_of({2, 1, "t"}, record.payload)),
      digest_of("u", path, record_of({1, 3, "t"}, record.payload)),
      digest_of("u", path, record_of({1, -2, "t"}, record.payload)),
      digest_of("u", path, record_of({1, 2, "s"}, record.payload)),
      digest_of("u", path, record_of({1, 2, ""}, {RecordKind::value, Value("t1")})),
      digest_of("u", path, record_of({1, 2, "t"}, {RecordKind::value, Value("2")})),
      digest_of("u", path, record_of({1, 2, "t"}, {RecordKind{2}, Value("1")})),
      digest_of("u", path, record_of({1, 2, "t"}, {RecordKind{2}, {}})),
      digest_of("u", path, record_of({1, 2, "t\2x"}, {RecordKind::value, Value("1")})),
      digest_of("u", path,
                record_of({1, 2, "t"}, {RecordKind{2}, Value(std::string("x\0"
                                                                         "1",
                                                                         3))})),
  };
  EXPECT_EQ(std::set<Uint128>(hashes.begin(), hashes.end()).size(), hashes.size());
}

TEST(Digest, IsTheSameWhateverTheDotAndTheBatch) {
  const Path path = Path::parse("a").value();
  Record record = record_of({1, 2, "t"}, {RecordKind::value, Value("1")});
  const Uint128 hash = digest_of("u", path, record);
  record.dot = {{9}, 9};
  record.from_batch = true;
  EXPECT_TRUE(digest_of("u", path, record) == hash);
}

TEST(StateDigest, ReadsAs32HexDigitsThatDependOnEachBucket) {
  const StateDigest empty;
  std::set<std::string> texts = {empty.to_string()};
  EXPECT_EQ(empty.to_string().size(), 32);
  EXPECT_EQ(empty.to_string().find_first_not_of("0123456789abcdef"), std::string::npos);
  for (std::size_t i = 0; i < StateDigest::bucket_count; ++i) {
    StateDigest digest;
    digest.add(i, 1);
    texts.insert(digest.to_string());
    digest.set(i, static_cast<Uint128>(1) << 64);
    texts.insert(digest.to_string());
  }
  EXPECT_EQ(texts.size(), 1 + 2 * StateDigest::bucket_count);
}

TEST(StateDigest, SeesARecordCountedTwice) {
  StateDigest digest;
  digest.add(3, 7);
  digest.add(3, 7);
  EXPECT_FALSE(digest == StateDigest{});
  digest.subtract(3, 7);
  digest.subtract(3, 7);
  EXPECT_TRUE(digest == StateDigest{});
}

TEST(StateDigest, SpreadsUsersOverAllBuckets) {
  std::set<std::size_t> buckets;
  for (int i = 0; i < 10'000; ++i) {
    const std::size_t bucket = StateDigest::bucket_of("user" + std::to_string(i));
    ASSERT_LT(bucket, StateDigest::bucket_count);
    buckets.insert(bucket);
  }
  EXPECT_EQ(buckets.size(), StateDigest::bucket_count);
}

}  // namespace
}  // namespace anabranch::crdt::testing
