#pragma once

#include "node/config.h"
#include "tests/node/scratch.h"

#include <string>

namespace anabranch::node {

/// A folder with a valid node.toml, cluster.toml and secret. Tests change a line and load.
struct NodeFiles {
  NodeFiles() {
    scratch.write("jwt.secret", std::string(32, 's') + '\n');
    write_cluster(R"([[member]]
name = "eu"
publish = "tcp://127.0.0.1:7101"
sync = "tcp://127.0.0.1:7201"
)");
  }

  /// node.toml of the required settings on lines 1 to 3, `more`, then the key.
  std::filesystem::path write_node(const std::string& more = "") const {
    return scratch.write("node.toml",
                         "name = \"eu\"\ndata_dir = \"data\"\ncluster_file = \"cluster.toml\"\n" +
                             more + "[[auth.key]]\nsecret_file = \"jwt.secret\"\n",
                         0644);
  }

  /// cluster.toml of name and epoch on lines 1 and 2, then `members`.
  std::filesystem::path write_cluster(const std::string& members) const {
    return scratch.write("cluster.toml", "name = \"demo\"\nepoch = 1\n" + members, 0644);
  }

  Scratch scratch;
};

}  // namespace anabranch::node
