#pragma once

#include <string>
#include <string_view>

namespace anabranch::node {

/// `text` with its control characters written as \x0a: whatever a file says, what is told of it
/// stays on one line and leaves the terminal alone.
std::string printable(std::string_view text);

}  // namespace anabranch::node
