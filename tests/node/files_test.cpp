#include "node/files.h"

#include "tests/node/scratch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace anabranch::node {
namespace {

using testing::HasSubstr;

TEST(Files, ANewSecretFileIsItsOwnersAlone) {
  const Scratch scratch;
  const mode_t before = ::umask(0);
  const auto written = write_new_secret_file(scratch / "key", "content\n");
  ::umask(before);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(scratch.read("key"), "content\n");
  struct stat info{};
  ASSERT_EQ(::stat((scratch / "key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(Files, NothingIsOverwritten) {
  const Scratch scratch;
  scratch.write("key", "old");
  EXPECT_EQ(write_new_secret_file(scratch / "key", "new").error().code, Errc::in_use);
  EXPECT_EQ(scratch.read("key"), "old");
  std::filesystem::create_symlink(scratch / "absent", scratch / "link");
  EXPECT_EQ(write_new_secret_file(scratch / "link", "new").error().code, Errc::in_use);
  EXPECT_FALSE(std::filesystem::exists(scratch / "absent"));
}

TEST(Files, AFolderThatIsMissingIsNamed) {
  const Scratch scratch;
  const auto written = write_new_secret_file(scratch / "no/key", "x");
  EXPECT_THAT(written.error().message, HasSubstr("no/key: cannot be made: No such file"));
}

TEST(Files, OneNewlineIsTakenOffASecret) {
  const Scratch scratch;
  EXPECT_EQ(read_secret_file(scratch.write("a", "secret\n")), "secret");
  EXPECT_EQ(read_secret_file(scratch.write("b", "secret\n\n")), "secret\n");
  EXPECT_EQ(read_secret_file(scratch.write("c", "secret\r\n")), "secret\r");
  EXPECT_EQ(read_secret_file(scratch.write("d", "")), "");
}

TEST(Files, OnlyRegularFilesOfSomeSizeAreRead) {
  const Scratch scratch;
  EXPECT_FALSE(read_secret_file(scratch.folder()));
  ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_secret_file(scratch / "fifo"));
  EXPECT_TRUE(read_file(scratch.write("fits", std::string(100, 'x')), 100));
  EXPECT_FALSE(read_file(scratch.write("large", std::string(101, 'x')), 100));
  EXPECT_EQ(read_file(scratch / "absent", 100).error().code, Errc::not_found);
}

}  // namespace
}  // namespace anabranch::node
