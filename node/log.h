#pragma once

#include "node/config.h"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace anabranch::node {

/// A named value of a log line. It only looks at its texts, which live as long as the statement.
/// Keys are words of our own; values may be anything: they are escaped. Tokens, secrets and what
/// users store are never logged.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const std::string& text)
      : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, bool flag) : key(name), value(flag) {}
  LogField(std::string_view name, std::floating_point auto number)
      : key(name), value(static_cast<double>(number)) {}
  LogField(std::string_view name, std::signed_integral auto number)
      : key(name), value(static_cast<std::int64_t>(number)) {}
  LogField(std::string_view name, std::unsigned_integral auto number)
      : key(name), value(static_cast<std::uint64_t>(number)) {}

  std::string_view key;
  Value value;
};

using LogFields = std::initializer_list<LogField>;

/// The node's log: one line for each event, as text or as a JSON object. Safe from any thread.
///
///     log.info("listening", {{"clients", "127.0.0.1:8101"}});
///
///     2026-01-01T12:00:00.000Z info  listening clients=127.0.0.1:8101
///     {"time":"2026-01-01T12:00:00.000Z","level":"info","event":"listening","clients":"127…"}
class Log {
 public:
  /// To standard error.
  explicit Log(const LogConfig& config);
  /// To `out`, which outlives the log.
  Log(const LogConfig& config, std::ostream& out);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void debug(std::string_view event, LogFields fields = {}) const;
  void info(std::string_view event, LogFields fields = {}) const;
  void warning(std::string_view event, LogFields fields = {}) const;
  void error(std::string_view event, LogFields fields = {}) const;

  /// For fields that are gathered.
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) const;

  bool shows(LogLevel level) const;

  /// Every line names the node from now on. To be called before other threads log.
  void set_node(std::string name) { node_ = std::move(name); }

 private:
  class Sink;

  void write(LogLevel level, std::string_view event, LogFields fields) const {
    write(level, event, std::span(fields.begin(), fields.size()));
  }

  LogConfig config_;
  std::string node_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace anabranch::node
