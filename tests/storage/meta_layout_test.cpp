#include "storage/meta_layout.h"

#include <gtest/gtest.h>

namespace anabranch::storage {

namespace {

TEST(MetaLayout, EntriesReadBack) {
  const Marker first{1, 2, 3, -4, 5};
  const Marker second{6, 7, 8, 9, 10};
  const Uint128 sum = (static_cast<Uint128>(1) << 127) + 3;
  Meta meta;
  EXPECT_TRUE(take_meta_entry(meta, meta_key::format, encode_format(9)));
  EXPECT_TRUE(take_meta_entry(meta, meta_key::replica, encode_number(77)));
  EXPECT_TRUE(take_meta_entry(meta, meta_key::node, "eu"));
  EXPECT_TRUE(take_meta_entry(meta, meta_key::markers, encode_markers({first, second})));
  EXPECT_TRUE(take_meta_entry(meta, meta_key::totals, encode_totals({1, 2, 3, 4})));
  EXPECT_TRUE(take_meta_entry(meta, meta_key::vector({5}), encode_number(50)));
  EXPECT_TRUE(take_meta_entry(meta, meta_key::digest(255), encode_digest(sum)));
  EXPECT_TRUE(take_meta_entry(meta, "of a later time", "anything"));
  EXPECT_EQ(meta.format, 9u);
  EXPECT_EQ(meta.notes.replica, ReplicaId{77});
  EXPECT_EQ(meta.notes.node_name, "eu");
  EXPECT_EQ(meta.notes.markers, (std::vector<Marker>{first, second}));
  EXPECT_EQ(meta.totals, (wire::StateTotals{1, 2, 3, 4}));
  EXPECT_EQ(meta.vector[{5}], 50u);
  EXPECT_TRUE(meta.digest.bucket(255) == sum);
}

TEST(MetaLayout, DamagedEntriesAreAnError) {
  Meta meta;
  EXPECT_EQ(take_meta_entry(meta, meta_key::format, "123").error().code, Errc::corrupt);
  EXPECT_FALSE(take_meta_entry(meta, meta_key::replica, "123456789"));
  EXPECT_FALSE(take_meta_entry(meta, meta_key::markers, std::string(35, 'x')));
  EXPECT_FALSE(take_meta_entry(meta, meta_key::totals, std::string(31, 'x')));
  EXPECT_FALSE(take_meta_entry(meta, "vector/short", encode_number(1)));
  EXPECT_FALSE(take_meta_entry(meta, meta_key::vector({5}), "7"));
  EXPECT_FALSE(take_meta_entry(meta, std::string("digest/\x01\x00", 9), encode_digest(1)));
  EXPECT_FALSE(take_meta_entry(meta, meta_key::digest(3), "7"));
}

}  // namespace

}  // namespace anabranch::storage
