#include "node/command_line.h"
#include "node/serve.h"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  try {
    return anabranch::node::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "anabranch: " << error.what() << std::endl;
    return anabranch::node::exit_failed;
  }
}
