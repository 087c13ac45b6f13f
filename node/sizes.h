#pragma once

#include <cstdint>
#include <string>

namespace anabranch::node {

/// "512 B", "1.5 MiB": for people.
std::string format_bytes(std::uint64_t bytes);

}  // namespace anabranch::node
