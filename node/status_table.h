#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace anabranch::node {

/// The answer of /v1/status for a person to read. What the node does not know is "?".
/// Errc::malformed for what is not a status.
Result<std::string> render_status(std::string_view json);

/// The answer to a reload, one line for each change.
Result<std::string> render_changes(std::string_view json);

/// What an error answer says to a person; the answer itself where it is none of a node's.
std::string render_error(std::string_view answer);

}  // namespace anabranch::node
