#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

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

struct DrainOptions {
  AdminOptions admin;
  std::string timeout = "60s";
  std::vector<std::string> except;  ///< members that are not waited for
  bool cancel = false;
};

struct BackupOptions {
  AdminOptions admin;
  std::filesystem::path to;
  std::size_t keep = 7;  ///< so many of the newest backups stay in the directory
};

struct RestoreCommandOptions {
  std::filesystem::path from;
  std::filesystem::path data_dir;
  std::optional<std::uint32_t> number;  ///< missing: the newest
};

int serve_command(const std::filesystem::path& node_file);
int serve_dev_command();
int check_command(const std::filesystem::path& node_file);
int keygen_command(const std::filesystem::path& out);
int token_command(const TokenOptions& options);
int status_command(const AdminOptions& admin, bool as_json);
int get_command(const GetOptions& options);
int cluster_reload_command(const AdminOptions& admin);
int drain_command(const DrainOptions& options);
int backup_command(const BackupOptions& options);
int restore_command(const RestoreCommandOptions& options);

}  // namespace anabranch::node
