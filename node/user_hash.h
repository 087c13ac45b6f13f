#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace anabranch::node {

/// How the log names users: never by their id, and on all nodes of a cluster alike, so that lines
/// can be put together. The first 12 hex digits of SHA-256 over the cluster's name, a NUL and the
/// id. Whoever has a user's id can compute it; who has a log alone cannot go back but by guessing.
class UserHash {
 public:
  explicit UserHash(std::string cluster) : cluster_(std::move(cluster)) {}

  std::string operator()(std::string_view user) const;

 private:
  std::string cluster_;
};

}  // namespace anabranch::node
