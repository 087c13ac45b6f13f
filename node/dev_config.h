#pragma once

#include "base/result.h"
#include "node/config.h"

#include <filesystem>

namespace anabranch::node {

/// A node for trying things out, without any files: alone in its cluster, on loopback, clients on
/// port 8100. Everything it keeps is in `folder`: `jwt.secret`, made on the first start, and
/// `data`.
Result<Configuration> make_dev_configuration(const std::filesystem::path& folder);

}  // namespace anabranch::node
