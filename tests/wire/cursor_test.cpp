#include "wire/cursor.h"

#include "generators.h"
#include "wire/base64url.h"
#include "wire/limits.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace anabranch::wire {
namespace {

using crdt::VersionVector;

VersionVector example() {
  VersionVector vector;
  vector.raise({0x0123456789abcdef}, 300);
  vector.raise({7}, 1);
  vector.raise({UINT64_MAX}, UINT64_MAX);
  return vector;
}

const CursorCodec keyed({"a secret"}, "main");
const CursorCodec unkeyed({}, "main");

TEST(Cursor, OpensWhatItSealed) {
  EXPECT_EQ(keyed.open(keyed.seal(example())), Cursor{example()});
  EXPECT_EQ(keyed.open(keyed.seal({})), Cursor());
  EXPECT_EQ(unkeyed.open(unkeyed.seal(example())), Cursor{example()});
}

TEST(Cursor, IsTheSameForTheSameVectorAtEveryNode) {
  EXPECT_EQ(CursorCodec({"a secret"}, "main").seal(example()), keyed.seal(example()));
}

TEST(Cursor, IsMadeOfCharactersThatNeedNoEscape) {
  for (const char c : keyed.seal(example())) {
    EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') << c;
  }
}

TEST(Cursor, OfThreeOriginsIsShort) {
  VersionVector vector;
  for (std::uint64_t i = 1; i <= 3; ++i) vector.raise({i << 60}, 1'000'000);
  EXPECT_LE(keyed.seal(vector).size(), 70u);
}

TEST(Cursor, OpensWithAnyOfTheSecretsAndSealsWithTheFirst) {
  const CursorCodec rotated({"a new secret", "a secret"}, "main");
  EXPECT_EQ(rotated.open(keyed.seal(example())), Cursor{example()});
  EXPECT_EQ(rotated.open(rotated.seal(example())), Cursor{example()});
  EXPECT_EQ(CursorCodec({"a new secret"}, "main").open(rotated.seal(example())), Cursor{example()});
  EXPECT_FALSE(keyed.open(rotated.seal(example())));
}

TEST(Cursor, OfAnotherClusterOrSecretIsRefused) {
  EXPECT_FALSE(CursorCodec({"a secret"}, "other").open(keyed.seal(example())));
  EXPECT_FALSE(CursorCodec({"another"}, "main").open(keyed.seal(example())));
  EXPECT_FALSE(unkeyed.open(keyed.seal(example())));
  EXPECT_FALSE(keyed.open(unkeyed.seal(example())));
}

TEST(Cursor, AnEmptySecretIsNone) {
  const CursorCodec empty({""}, "main");
  EXPECT_FALSE(empty.is_authentic());
  EXPECT_FALSE(unkeyed.is_authentic());
  EXPECT_TRUE(keyed.is_authentic());
  EXPECT_FALSE(CursorCodec({"a secret", ""}, "main").open(unkeyed.seal(example())));
}

TEST(Cursor, GarbageIsRefused) {
  const std::string cursor = keyed.seal(example());
  EXPECT_FALSE(keyed.open(""));
  EXPECT_FALSE(keyed.open("AQ"));
  EXPECT_FALSE(keyed.open("x"));
  EXPECT_FALSE(keyed.open(cursor + "="));
  EXPECT_FALSE(keyed.open(cursor + cursor));
  EXPECT_FALSE(keyed.open(std::string(10'000'000, 'A')));
  EXPECT_FALSE(keyed.open(std::string(60'000, 'A')));
  for (std::size_t size = 0; size < cursor.size(); ++size) {
    EXPECT_FALSE(keyed.open(cursor.substr(0, size)));
  }
}

TEST(Cursor, AnySingleDamagedCharacterIsRefused) {
  for (const CursorCodec* codec : {&keyed, &unkeyed}) {
    const std::string cursor = codec->seal(example());
    for (std::size_t at = 0; at < cursor.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string damaged = cursor;
        damaged[at] = static_cast<char>(byte);
        if (damaged == cursor) continue;
        EXPECT_FALSE(codec->open(damaged)) << at << ' ' << byte;
      }
    }
  }
}

TEST(Cursor, HoldsAsManyOriginsAsAVectorMay) {
  VersionVector full;
  for (std::uint64_t i = 1; i <= max_origins; ++i) full.raise({i}, UINT64_MAX - i);
  EXPECT_EQ(keyed.open(keyed.seal(full)), Cursor{full});
  VersionVector over = full;
  over.raise({UINT64_MAX}, 1);
  EXPECT_EQ(keyed.open(keyed.seal(over)), Cursor{full});
}

RC_GTEST_PROP(Cursor, OpenUndoesSeal, ()) {
  const VersionVector vector = *gen::vector();
  const auto generation = *rc::gen::arbitrary<std::uint64_t>();
  const Cursor cursor{vector, generation};
  RC_ASSERT(keyed.open(keyed.seal(vector, generation)) == cursor);
  RC_ASSERT(unkeyed.open(unkeyed.seal(vector, generation)) == cursor);
}

RC_GTEST_PROP(Cursor, AnyBytesAreOpenedOrRefused, (const std::string& bytes)) {
  keyed.open(bytes);
  keyed.open(base64url_encode('\x02' + bytes));
  RC_ASSERT(!keyed.open(base64url_encode('\x02' + bytes + std::string(16, '\0'))));
}

}  // namespace
}  // namespace anabranch::wire
