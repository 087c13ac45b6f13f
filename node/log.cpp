#include "node/log.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "wire/canonical_json.h"
#include "wire/rfc3339.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace anabranch::node {

namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "";
}

void append_json_text(std::string& out, std::string_view text) {
  if (is_utf8(text)) return wire::append_json_string(out, text);
  std::string readable(text);
  for (char& c : readable) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  wire::append_json_string(out, readable);
}

void append_number(std::string& out, double number) {
  if (std::isfinite(number)) return wire::append_json_number(out, number);
  out += "null";
}

/// Numbers and flags look the same in both formats; `append_text` makes the difference.
template <class AppendText>
void append_value(std::string& out, const LogField::Value& value, AppendText append_text) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_text(out, *text);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<double>(&value)) {
    append_number(out, *number);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*integer);
  } else {
    out += std::to_string(std::get<std::uint64_t>(value));
  }
}

/// Quoted only where a reader could mistake where the value ends, or a terminal take it as orders.
void append_plain_text(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '='; };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) {
    out += text;
  } else {
    append_json_text(out, text);
  }
}

std::string json_line(const std::string& time, LogLevel level, std::string_view event,
                      std::string_view node, std::span<const LogField> fields) {
  std::string line = "{\"time\":\"" + time + "\",\"level\":\"";
  line += level_name(level);
  line += "\",\"event\":";
  append_json_text(line, event);
  if (!node.empty()) {
    line += ",\"node\":";
    append_json_text(line, node);
  }
  for (const LogField& field : fields) {
    line += ',';
    append_json_text(line, field.key);
    line += ':';
    append_value(line, field.value, append_json_text);
  }
  return line + '}';
}

std::string text_line(const std::string& time, LogLevel level, std::string_view event,
                      std::string_view node, std::span<const LogField> fields) {
  constexpr std::size_t level_width = 8;
  std::string line = time + ' ' + std::string(level_name(level));
  line.resize(time.size() + 1 + level_width, ' ');
  line += event;
  if (!node.empty()) {
    line += " node=";
    append_plain_text(line, node);
  }
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value, append_plain_text);
  }
  return line;
}

}  // namespace

class Log::Sink {
 public:
  explicit Sink(spdlog::sink_ptr target) : logger_("anabranch", std::move(target)) {
    logger_.set_pattern("%v");
    logger_.set_level(spdlog::level::trace);
    logger_.flush_on(spdlog::level::trace);
    // A log that cannot be written must not end up in the log, nor end the node.
    logger_.set_error_handler([](const std::string&) {});
  }

  void write(const std::string& line) {
    logger_.log(spdlog::level::info, spdlog::string_view_t(line));
  }

 private:
  spdlog::logger logger_;
};

Log::Log(const LogConfig& config)
    : config_(config),
      sink_(std::make_unique<Sink>(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Log::Log(const LogConfig& config, std::ostream& out)
    : config_(config),
      sink_(std::make_unique<Sink>(std::make_shared<spdlog::sinks::ostream_sink_mt>(out))) {}

Log::~Log() = default;

void Log::debug(std::string_view event, LogFields fields) const {
  write(LogLevel::debug, event, fields);
}
void Log::info(std::string_view event, LogFields fields) const {
  write(LogLevel::info, event, fields);
}
void Log::warning(std::string_view event, LogFields fields) const {
  write(LogLevel::warning, event, fields);
}
void Log::error(std::string_view event, LogFields fields) const {
  write(LogLevel::error, event, fields);
}

bool Log::shows(LogLevel level) const { return level >= config_.level; }

void Log::write(LogLevel level, std::string_view event, std::span<const LogField> fields) const {
  if (!shows(level)) return;
  const std::string time = wire::format_rfc3339(SystemClock().now().wall_ms);
  sink_->write(config_.format == LogFormat::json ? json_line(time, level, event, node_, fields)
                                                 : text_line(time, level, event, node_, fields));
}

}  // namespace anabranch::node
