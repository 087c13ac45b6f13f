#include "node/command_line.h"

#include "node/bench_arguments.h"
#include "node/commands.h"
#include "node/serve.h"
#include "node/version.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <string>

namespace anabranch::node {

namespace {

/// The options of every subcommand and the one that was chosen. Outlives the parser.
struct Arguments {
  std::filesystem::path config;
  bool dev = false;
  std::filesystem::path out;
  TokenOptions token;
  AdminOptions admin;
  bool json = false;
  GetOptions get;
  DrainOptions drain;
  BackupOptions backup;
  RestoreCommandOptions restore;
  BenchArguments bench;
  std::function<int()> chosen;
};

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& what) {
  CLI::App* command = app.add_subcommand(name, what);
  command->set_version_flag("--version", "anabranch " + std::string(version()));
  return command;
}

void add_admin_options(CLI::App* command, AdminOptions& admin) {
  command->add_option("--admin", admin.address, "the node's admin address")
      ->capture_default_str()
      ->type_name("ADDR");
  command
      ->add_option("--admin-token-file", admin.token_file,
                   "file with the node's admin token, where it wants one")
      ->type_name("FILE");
}

void add_serve(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "serve", "run a node");
  CLI::Option_group* kind = command->add_option_group("one of");
  kind->add_option("--config", arguments.config, "the node's node.toml")->type_name("FILE");
  kind->add_flag("--dev", arguments.dev,
                 "a node for trying things out: no files, loopback, clients on port 8100, data in "
                 "./anabranch-data");
  kind->require_option(1);
  command->final_callback([&arguments] {
    arguments.chosen = [&arguments] {
      return arguments.dev ? serve_dev_command() : serve_command(arguments.config);
    };
  });
}

void add_check(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "check", "validate node.toml and its cluster file");
  command->add_option("--config", arguments.config, "the node's node.toml")
      ->required()
      ->type_name("FILE");
  command->final_callback([&arguments] {
    arguments.chosen = [&arguments] { return check_command(arguments.config); };
  });
}

void add_keygen(CLI::App& app, Arguments& arguments) {
  CLI::App* command =
      add_command(app, "keygen", "make a node's key pair: write the secret, print the public key");
  command->add_option("--out", arguments.out, "where the secret key goes; must not exist yet")
      ->required()
      ->type_name("FILE");
  command->final_callback(
      [&arguments] { arguments.chosen = [&arguments] { return keygen_command(arguments.out); }; });
}

void add_token(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "token", "print an HS256 token for a user");
  TokenOptions& token = arguments.token;
  command->add_option("--secret-file", token.secret_file, "the secret that it is signed with")
      ->required()
      ->type_name("FILE");
  command->add_option("--sub", token.user, "the user")->required()->type_name("USER");
  command->add_option("--ttl", token.ttl, "how long it is good for")
      ->capture_default_str()
      ->type_name("DURATION");
  command->add_option("--kid", token.kid, "the name of the key")->type_name("KID");
  command->final_callback(
      [&arguments] { arguments.chosen = [&arguments] { return token_command(arguments.token); }; });
}

void add_status(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "status", "show a node as it sees its cluster");
  add_admin_options(command, arguments.admin);
  command->add_flag("--json", arguments.json, "as JSON");
  command->final_callback([&arguments] {
    arguments.chosen = [&arguments] { return status_command(arguments.admin, arguments.json); };
  });
}

void add_cluster(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "cluster", "change the cluster that a node belongs to");
  command->require_subcommand(1);
  CLI::App* reload =
      add_command(*command, "reload", "read the files again, and say what has changed");
  add_admin_options(reload, arguments.admin);
  reload->final_callback([&arguments] {
    arguments.chosen = [&arguments] { return cluster_reload_command(arguments.admin); };
  });
}

void add_drain(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "drain",
                                  "move a node's clients away, and wait until the other members "
                                  "have everything: then it is safe to stop");
  DrainOptions& drain = arguments.drain;
  auto* timeout = command->add_option("--timeout", drain.timeout, "how long to wait for the others")
                      ->capture_default_str()
                      ->type_name("DURATION");
  auto* except =
      command
          ->add_option("--except", drain.except,
                       "a member that is not waited for, for it is dead; may be repeated")
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->type_name("NAME");
  command->add_flag("--cancel", drain.cancel, "let the node serve again")
      ->excludes(timeout)
      ->excludes(except);
  add_admin_options(command, drain.admin);
  command->final_callback(
      [&arguments] { arguments.chosen = [&arguments] { return drain_command(arguments.drain); }; });
}

void add_backup(CLI::App& app, Arguments& arguments) {
  CLI::App* command =
      add_command(app, "backup", "copy a running node's data, consistent as of one moment");
  BackupOptions& backup = arguments.backup;
  command
      ->add_option("--to", backup.to,
                   "directory on the node's machine: a new or empty one, or one that holds "
                   "backups of this node, to which only what has changed is added")
      ->required()
      ->type_name("DIR");
  command->add_option("--keep", backup.keep, "how many of the newest backups stay there")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000))
      ->type_name("COUNT");
  add_admin_options(command, backup.admin);
  command->final_callback([&arguments] {
    arguments.chosen = [&arguments] { return backup_command(arguments.backup); };
  });
}

void add_restore(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "restore", "make a data directory from a backup");
  RestoreCommandOptions& restore = arguments.restore;
  command->add_option("--from", restore.from, "the directory of the backups")
      ->required()
      ->type_name("DIR");
  command->add_option("--data-dir", restore.data_dir, "the new data directory; missing or empty")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--backup", restore.number, "the number of the backup; the newest if left out")
      ->type_name("ID");
  command->final_callback([&arguments] {
    arguments.chosen = [&arguments] { return restore_command(arguments.restore); };
  });
}

void add_get(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "get", "print a user's state as JSON");
  command->add_option("--user", arguments.get.user, "the user")->required()->type_name("USER");
  command->add_option("--path", arguments.get.path, "only what is at this path")->type_name("PATH");
  add_admin_options(command, arguments.get.admin);
  command->final_callback(
      [&arguments] { arguments.chosen = [&arguments] { return get_command(arguments.get); }; });
}

}  // namespace

int run_command_line(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Anabranch, a peer-to-peer sync node");
  app.name("anabranch");
  app.set_version_flag("--version", "anabranch " + std::string(version()));
  app.require_subcommand(1);
  add_serve(app, arguments);
  add_check(app, arguments);
  add_keygen(app, arguments);
  add_token(app, arguments);
  add_status(app, arguments);
  add_get(app, arguments);
  add_cluster(app, arguments);
  add_drain(app, arguments);
  add_backup(app, arguments);
  add_restore(app, arguments);
  add_bench(app, arguments.bench, arguments.chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // The parser's own codes tell apart what is one thing here: wrong usage.
    return app.exit(error, std::cout, std::cerr) == 0 ? exit_done : exit_usage;
  }
  return arguments.chosen();
}

}  // namespace anabranch::node
