#include "node/command_output.h"

#include "node/serve.h"

#include <iostream>

namespace anabranch::node {

int answer(std::string_view text) {
  std::cout << text;
  if (text.empty() || text.back() != '\n') std::cout << '\n';
  std::cout.flush();
  if (std::cout) return exit_done;
  return complain("standard output does not take the answer", exit_failed);
}

int complain(std::string_view text, int exit_code) {
  std::cerr << text << std::endl;
  return exit_code;
}

}  // namespace anabranch::node
