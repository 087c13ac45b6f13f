#pragma once

#include <string_view>

namespace anabranch::node {

/// The program's version, "0.1.0".
std::string_view version();

}  // namespace anabranch::node
