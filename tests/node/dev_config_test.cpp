#include "node/dev_config.h"

#include "tests/node/scratch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace anabranch::node {
namespace {

TEST(DevConfig, IsValidAndOnLoopback) {
  const Scratch scratch;
  const auto config = make_dev_configuration(scratch / "anabranch-data");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(check_together(config->node, config->cluster));
  EXPECT_EQ(config->node.name, "dev");
  EXPECT_EQ(config->node.data_dir, scratch / "anabranch-data/data");
  EXPECT_EQ(config->node.clients.listen, "127.0.0.1:8100");
  EXPECT_EQ(config->node.admin.listen, "127.0.0.1:9101");
  EXPECT_TRUE(config->node.source.file.empty());
}

TEST(DevConfig, TheSecretIsMadeOnceAndKept) {
  const Scratch scratch;
  const auto first = make_dev_configuration(scratch.folder());
  const auto second = make_dev_configuration(scratch.folder());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->node.auth.keys.at(0).material.size(), 64u);
  EXPECT_EQ(first->node.auth.keys.at(0).material, second->node.auth.keys.at(0).material);
  struct stat info{};
  ASSERT_EQ(::stat((scratch / "jwt.secret").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  const Scratch other;
  EXPECT_NE(make_dev_configuration(other.folder())->node.auth.keys.at(0).material,
            first->node.auth.keys.at(0).material);
}

TEST(DevConfig, ASecretThatTheWorldMayReadIsRefused) {
  const Scratch scratch;
  scratch.write("jwt.secret", std::string(64, 'x'), 0644);
  EXPECT_FALSE(make_dev_configuration(scratch.folder()));
}

}  // namespace
}  // namespace anabranch::node
