#include "node/bench_arguments.h"

#include "load/update_text.h"
#include "node/version.h"

#include <CLI/CLI.hpp>

#include <string>

namespace anabranch::node {

namespace {

constexpr auto bench_help = R"(Examples, with a node that `anabranch serve --dev` has started:

  A thousand updates a second of ten users with two devices each, for ten seconds: how long
  do they take?
    anabranch bench updates --secret-file anabranch-data/jwt.secret --rate 1000

  How many updates a second does the node take before one in a hundred waits for longer than
  100 ms, and what does one cost its processor?
    anabranch bench search --secret-file F --users 100 --pid $(pidof anabranch)

  Writers at one node, readers at another:
    anabranch bench updates --secret-file F --url ws://a:8101/v1/sync --url ws://b:8101/v1/sync \
      --rate 1000

  A thousand clients come back at once, each to a state of a thousand paths:
    anabranch bench resume --secret-file F --users 1000 --by-cursor

Nodes allow a user 100 updates a minute, unless their node.toml says otherwise:

  [limits]
  updates_per_minute = 0

What is sent is due at fixed times, whatever the node does, and latencies count from when it was
due: a node that stands still for a second shows it in every update of that second. Give this
program a core of its own; it says so when it was too slow itself. `--json` answers with one JSON
object. Exit codes: 0 everything came, 1 something was lost or refused, 2 wrong usage.)";

const CLI::Range positive(1.0, 1e9, "a number above 0");

void add_where(CLI::App* command, BenchOptions& options) {
  command
      ->add_option("--url", options.urls,
                   "where a node takes clients; several: device 1 of each user connects to the "
                   "first, device 2 to the second, and so on")
      ->capture_default_str()
      ->type_name("URL");
  command
      ->add_option("--secret-file", options.secret_file,
                   "the secret that the node checks tokens with: users are made up")
      ->type_name("FILE");
  command->add_option("--kid", options.kid, "the name of that key")->type_name("KID");
  command->add_option("--token", options.token, "instead: the token of one user")
      ->type_name("TOKEN");
  command->add_option("--ca-file", options.ca_file, "authorities that a wss:// node is judged by")
      ->type_name("FILE");
  command->add_flag("--insecure", options.insecure, "take any certificate of a wss:// node");
  command->add_option("--protocol", options.protocol)
      ->check(CLI::IsMember({"anabranch", "socket.io"}))
      ->group("");  // for comparisons
}

void add_who(CLI::App* command, BenchOptions& options) {
  command->add_option("--users", options.users, "how many")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command
      ->add_option("--first-user", options.first_user,
                   "they are bench-N, bench-N+1, …: for a state of more users than can connect")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--devices", options.devices, "connections of each user")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command->add_option("--threads", options.threads, "of this program; one core each")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->add_option("--at-once", options.at_once, "connections on their way at one time")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
}

void add_what(CLI::App* command, BenchOptions& options) {
  command->add_option("--value-bytes", options.value_bytes, "size of each value, as JSON")
      ->capture_default_str()
      ->check(CLI::Range(load::min_value_bytes, std::size_t{60'000}));
  command->add_option("--paths", options.paths, "how many each writer writes")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, load::max_paths));
}

void add_watching(CLI::App* command, BenchOptions& options) {
  command
      ->add_option("--pid", options.pids,
                   "process under test, on this machine: its processor and memory are told")
      ->type_name("PID");
  command->add_flag("--json", options.json, "answer with one JSON object");
  command->add_flag("--quiet", options.quiet, "no progress on standard error");
}

void add_sending(CLI::App* command, BenchOptions& options) {
  command->add_option("--writers", options.writers, "how many of each user's devices write")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command->add_option("--for", options.length, "how long is measured")
      ->capture_default_str()
      ->type_name("DURATION");
  command->add_option("--warm-up", options.warm_up, "how long is sent before that")
      ->capture_default_str()
      ->type_name("DURATION");
  command->add_option("--patience", options.patience, "how long the last answers are awaited")
      ->capture_default_str()
      ->type_name("DURATION");
}

struct Mode {
  const char* name;
  const char* what;
  int (*run)(const BenchOptions&);
};

CLI::App* add_mode(CLI::App* bench, const Mode& mode, BenchOptions& options,
                   std::function<int()>& chosen) {
  CLI::App* command = bench->add_subcommand(mode.name, mode.what);
  command->set_version_flag("--version", "anabranch " + std::string(version()));
  add_where(command, options);
  add_who(command, options);
  add_watching(command, options);
  command->final_callback(
      [&options, &chosen, run = mode.run] { chosen = [&options, run] { return run(options); }; });
  return command;
}

void add_ramp_rate(CLI::App* command, BenchOptions& options) {
  command->add_option("--rate", options.rate, "connects a second; without it as fast as it goes")
      ->check(positive);
}

void add_states(CLI::App* command, BenchOptions& options) {
  add_what(command, options);
  command->add_flag("--by-cursor", options.by_cursor,
                    "they had everything but the last changes; without it they get everything");
  command->add_option("--changes", options.changes, "how many these are, of each user")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command->add_flag("--reconnect", options.reconnect, "they have to connect first");
}

}  // namespace

BenchArguments::BenchArguments() {
  search.length = "5s";
  for (BenchOptions* alone : {&connect, &idle, &fill, &resume}) alone->devices = 1;
  connect.users = 1000;
  idle.users = 1000;
  idle.length = "5s";
  fill.users = 100;
  resume.users = 100;
  for (BenchOptions* states : {&fill, &resume}) states->paths = 1000;
}

void add_bench(CLI::App& app, BenchArguments& arguments, std::function<int()>& chosen) {
  CLI::App* bench = app.add_subcommand("bench", "load nodes, and tell how they did");
  bench->set_version_flag("--version", "anabranch " + std::string(version()));
  bench->require_subcommand(1);
  bench->footer(bench_help);

  CLI::App* updates = add_mode(
      bench, {"updates", "updates at a fixed rate: their latencies", bench_updates_command},
      arguments.updates, chosen);
  add_what(updates, arguments.updates);
  add_sending(updates, arguments.updates);
  updates->add_option("--rate", arguments.updates.rate, "updates a second, of all users together")
      ->required()
      ->check(positive);

  CLI::App* search = add_mode(
      bench, {"search", "the highest rate that the node takes in time", bench_search_command},
      arguments.search, chosen);
  add_what(search, arguments.search);
  add_sending(search, arguments.search);
  arguments.search.rate = 1000;
  search->add_option("--rate", arguments.search.rate, "updates a second to begin with")
      ->capture_default_str()
      ->check(positive);
  search->add_option("--bound", arguments.search.bound, "what 99 of 100 must not exceed")
      ->capture_default_str()
      ->type_name("DURATION");

  add_ramp_rate(add_mode(bench, {"connect", "connects a second", bench_connect_command},
                         arguments.connect, chosen),
                arguments.connect);

  CLI::App* idle = add_mode(bench, {"idle", "what idle connections cost", bench_idle_command},
                            arguments.idle, chosen);
  add_ramp_rate(idle, arguments.idle);
  idle->add_option("--for", arguments.idle.length, "how long they are held")
      ->capture_default_str()
      ->type_name("DURATION");

  add_states(
      add_mode(bench, {"resume", "all clients ask for their state at once", bench_resume_command},
               arguments.resume, chosen),
      arguments.resume);
  add_what(add_mode(bench, {"fill", "write a state for each user", bench_fill_command},
                    arguments.fill, chosen),
           arguments.fill);
}

}  // namespace anabranch::node
