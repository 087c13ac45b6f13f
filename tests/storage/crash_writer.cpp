#include "tests/storage/support.h"

#include <unistd.h>

#include <string>

// Commits write after write into the data directory that it is given, and says on its standard
// output, one line each, which seq is acked. It ends by being killed.

using namespace anabranch;
using namespace anabranch::storage;

int main(int, char** arguments) {
  const OpenedStore opened = open_store(options_in(arguments[1]));
  const ReplicaId replica = opened.store->state().replica;
  std::uint64_t seq = opened.store->state().vector[replica];
  while (true) {
    ++seq;
    const std::string text = '"' + std::string(seq * 37 % 5000, 'x') + '"';
    const Dot dot{replica, seq};
    const auto batch = batch_of(
        {put("alice", std::string("k").append(std::to_string(seq)), value_record(dot, text)),
         put("alice", "latest", value_record(dot, text))});
    if (!opened.store->commit(batch)) return 1;
    const std::string line = std::to_string(seq) + '\n';
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return 1;
  }
}
