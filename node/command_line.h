#pragma once

namespace anabranch::node {

/// The `anabranch` program: parses its arguments, runs the subcommand, returns the exit code.
int run_command_line(int argc, char** argv);

}  // namespace anabranch::node
