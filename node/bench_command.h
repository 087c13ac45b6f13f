#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// `anabranch bench`: loads nodes and tells how they did. One function for each mode; each answers
// on standard output, tells its progress on standard error, and returns exit_failed where a write
// was lost or refused, or a client did not get what it asked for.

namespace anabranch::node {

struct BenchOptions {
  std::vector<std::string> urls{"ws://127.0.0.1:8100/v1/sync"};
  std::filesystem::path secret_file;
  std::optional<std::string> kid;
  std::string token;  ///< instead of a secret: of the one user
  std::filesystem::path ca_file;
  bool insecure = false;
  std::string protocol = "anabranch";  ///< or "socket.io"

  std::size_t users = 10;
  std::size_t first_user = 0;  ///< the number in the first one's name
  std::size_t devices = 2;
  std::size_t writers = 1;
  std::size_t value_bytes = 200;
  std::size_t paths = 10;
  std::size_t threads = 1;
  std::size_t at_once = 64;  ///< connections on their way

  double rate = 0;
  std::string length = "10s";
  std::string warm_up = "1s";
  std::string patience = "10s";
  std::string bound = "100ms";

  bool by_cursor = false;
  bool reconnect = false;
  std::size_t changes = 10;

  std::vector<int> pids;
  bool json = false;
  bool quiet = false;
};

int bench_updates_command(const BenchOptions& options);
int bench_search_command(const BenchOptions& options);
int bench_connect_command(const BenchOptions& options);
int bench_idle_command(const BenchOptions& options);
int bench_resume_command(const BenchOptions& options);
int bench_fill_command(const BenchOptions& options);

}  // namespace anabranch::node
