#include "node/resource_use.h"

#include "scratch.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace anabranch::node {
namespace {

TEST(ResourceUse, TellsOfMemoryThatIsTaken) {
  const Scratch scratch;
  const auto before = resource_use(scratch.folder()).resident_bytes;
  ASSERT_TRUE(before);
  constexpr std::size_t taken = 64 << 20;
  std::vector<char> memory(taken);
  std::memset(memory.data(), 1, memory.size());
  const auto after = resource_use(scratch.folder()).resident_bytes;
  EXPECT_GE(*after, *before + taken / 2) << memory.at(taken / 3);
}

TEST(ResourceUse, TellsOfTheProcessorsTime) {
  const Scratch scratch;
  const double before = resource_use(scratch.folder()).cpu_seconds;
  volatile unsigned work = 0;
  while (resource_use(scratch.folder()).cpu_seconds < before + 0.01) work = work + 1;
  EXPECT_GT(before, 0);
}

TEST(ResourceUse, TellsOfTheDiskThatTheFolderIsOn) {
  const Scratch scratch;
  const auto disk = resource_use(scratch.folder()).disk;
  ASSERT_TRUE(disk);
  EXPECT_GT(disk->size, 0u);
  EXPECT_LE(disk->available, disk->size);
  EXPECT_FALSE(resource_use(scratch / "is not there").disk);
}

}  // namespace
}  // namespace anabranch::node
