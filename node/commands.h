#pragma once

#include <filesystem>
#include <optional>
#include <string>

// What the program's subcommands do, one function for each. They answer on standard output,
// complain on standard error and return the exit code (serve.h).

namespace anabranch::node {

/// How a command reaches a running node.
struct AdminOptions {
  std::string address = "127.0.0.1:9101";
  std::filesystem::path token_file;  ///< empty: no token
};

struct TokenOptions {
  std::filesystem::path secret_file;
  std::string user;
  std::string ttl = "1h";
  std::optional<std::string> kid;
};

struct GetOptions {
  AdminOptions admin;
  std::string user;
  std::optional<std::string> path;
};

int serve_command(const std::filesystem::path& node_file);
int serve_dev_command();
int check_command(const std::filesystem::path& node_file);
int keygen_command(const std::filesystem::path& out);
int token_command(const TokenOptions& options);
int status_command(const AdminOptions& admin, bool as_json);
int get_command(const GetOptions& options);
int cluster_reload_command(const AdminOptions& admin);

}  // namespace anabranch::node
