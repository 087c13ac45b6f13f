#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace anabranch::node {

/// The answer of /v1/status for a person to read. What the node does not know is "?".
/// Errc::malformed for what is not a status.
Result<std::string> render_status(std::string_view json);

}  // namespace anabranch::node
