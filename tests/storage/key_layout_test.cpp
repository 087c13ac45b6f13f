#include "storage/key_layout.h"

#include "tests/storage/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace anabranch::storage {

namespace {

constexpr Dot dot{{0x0102030405060708}, 0x1112131415161718};

TEST(KeyLayout, ARecordsValueIsLaidOutAsDocumented) {
  crdt::Record record = value_record(dot, "true", 0x2122232425262728);
  record.stamp.timestamp_ms = -2;
  record.stamp.tab = "ab";
  record.from_batch = true;
  const std::string expected =
      std::string("\x01\x00\x01", 3) + "\x21\x22\x23\x24\x25\x26\x27\x28" +
      "\xff\xff\xff\xff\xff\xff\xff\xfe" + "\x01\x02\x03\x04\x05\x06\x07\x08" +
      "\x11\x12\x13\x14\x15\x16\x17\x18" + std::string("\x00\x02", 2) + "ab" + "true";
  EXPECT_EQ(encode_record(record), expected);
}

TEST(KeyLayout, KeysAreLaidOutAsDocumented) {
  const std::string key = record_key("bob", path("x"));
  EXPECT_EQ(key, std::string("bob\0", 4) + std::string(path("x").key()));
  EXPECT_EQ(log_key(dot, key),
            "\x01\x02\x03\x04\x05\x06\x07\x08\x11\x12\x13\x14\x15\x16\x17\x18" + key);
}

TEST(KeyLayout, KeysReadBack) {
  const std::string key = record_key("bob", path("a.b.3"));
  const auto place = decode_record_key(key).value();
  EXPECT_EQ(place.first, "bob");
  EXPECT_EQ(place.second, path("a.b.3"));
  const std::string logged = log_key(dot, key);
  const LogEntry entry = decode_log_key(logged).value();
  EXPECT_EQ(entry.dot, dot);
  EXPECT_EQ(entry.record_key, key);
}

TEST(KeyLayout, LogBoundsEncloseAnOriginsEntries) {
  const ReplicaId origin{7};
  const std::string key =
      log_key({origin, ~std::uint64_t{0}}, record_key("\xf4\x8f\xbf\xbf", path("z")));
  EXPECT_LT(log_bound({origin, 1}), key);
  EXPECT_LT(key, log_end(origin));
  EXPECT_LT(log_end(origin), log_bound({{8}, 1}));
}

TEST(KeyLayout, DamagedBytesAreAnError) {
  const std::string good = encode_record(value_record(dot, "1"));
  for (std::size_t size = 0; size < 37 + 3; ++size) {
    EXPECT_FALSE(decode_record(good.substr(0, size))) << size;
  }
  std::string newer = good;
  newer[0] = 2;
  EXPECT_EQ(decode_record(newer).error().code, Errc::corrupt);
  std::string flagged = good;
  flagged[2] = 2;
  EXPECT_FALSE(decode_record(flagged));
  EXPECT_FALSE(decode_record_key("bob"));
  EXPECT_FALSE(decode_record_key(std::string("\0abc", 4)));
  EXPECT_FALSE(decode_record_key(std::string("bob\0\x05", 5)));
  EXPECT_FALSE(decode_log_key("short"));
  EXPECT_FALSE(decode_log_key(std::string(16, '\1')));
}

RC_GTEST_PROP(KeyLayoutProperty, RecordsReadBack,
              (std::uint64_t version, std::int64_t time, std::string tab, std::uint64_t origin,
               std::uint8_t kind, bool from_batch, std::string text)) {
  crdt::Record record;
  record.stamp = {version, time, tab.substr(0, 128)};
  record.dot = {{origin}, *rc::gen::positive<std::uint64_t>()};
  record.from_batch = from_batch;
  record.payload = {static_cast<crdt::RecordKind>(kind), crdt::Value(text)};
  const auto decoded = decode_record(encode_record(record));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == record);
}

RC_GTEST_PROP(KeyLayoutProperty, DecodersSurviveAnyBytes, (std::string bytes)) {
  (void)decode_record(bytes);
  (void)decode_record_key(bytes);
  (void)decode_log_key(bytes);
}

}  // namespace

}  // namespace anabranch::storage
