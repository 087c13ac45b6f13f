#pragma once

#include <string_view>

namespace anabranch::node {

/// Writes a command's answer and a line end; exit_failed where standard output does not take it.
int answer(std::string_view text);

/// Writes to standard error and returns `exit_code`.
int complain(std::string_view text, int exit_code);

}  // namespace anabranch::node
