#include "node/dev_config.h"

#include "base/ids.h"
#include "base/random.h"
#include "node/files.h"

#include <system_error>
#include <utility>

namespace anabranch::node {

namespace {

/// 256 random bits as hex digits.
std::string make_secret() {
  SystemRandom random;
  std::string secret;
  for (int i = 0; i < 4; ++i) secret += ReplicaId{random.next()}.to_string();
  return secret;
}

Result<std::string> read_or_make_secret(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    const auto written = write_new_secret_file(file, make_secret() + '\n');
    // Another start may have made it in the meantime: its secret serves as well.
    if (!written && written.error().code != Errc::in_use) return tl::unexpected(written.error());
  }
  return read_long_secret_file(file);
}

}  // namespace

Result<Configuration> make_dev_configuration(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Errc::io, folder.string() + ": cannot be made: " + error.message());
  auto secret = read_or_make_secret(folder / "jwt.secret");
  if (!secret) return tl::unexpected(secret.error());

  Configuration config;
  config.node.name = "dev";
  config.node.data_dir = folder / "data";
  config.node.clients.listen = "127.0.0.1:8100";
  config.node.auth.keys.push_back({.kid = {}, .material = std::move(*secret)});

  MemberConfig member;
  member.name = "dev";
  member.region = "local";
  member.client_url = "ws://127.0.0.1:8100/v1/sync";
  config.cluster.name = "dev";
  config.cluster.members.push_back(std::move(member));
  return config;
}

}  // namespace anabranch::node
