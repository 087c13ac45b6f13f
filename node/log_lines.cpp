#include "node/log_lines.h"

#include <variant>

namespace anabranch::node {

namespace {

LogLevel level_of(cluster::Note::Level level) {
  switch (level) {
    case cluster::Note::Level::debug:
      return LogLevel::debug;
    case cluster::Note::Level::info:
      return LogLevel::info;
    case cluster::Note::Level::warning:
      return LogLevel::warning;
    case cluster::Note::Level::error:
      return LogLevel::error;
  }
  return LogLevel::error;
}

}  // namespace

void log_note(const Log& log, const UserHash& user_hash, const cluster::Note& note) {
  const LogLevel level = level_of(note.level);
  if (!log.shows(level)) return;
  const std::string user = note.user.empty() ? std::string() : user_hash(note.user);
  std::vector<LogField> fields;
  if (note.session.value != 0) fields.emplace_back("connection", note.session.value);
  if (!user.empty()) fields.emplace_back("user", user);
  for (const cluster::NoteField& field : note.fields) {
    std::visit([&](const auto& value) { fields.emplace_back(field.key, value); }, field.value);
  }
  log.write(level, note.text, fields);
}

void log_delivery(const Log& log, const UserHash& user_hash, const cluster::Deliver& deliver,
                  std::size_t sessions) {
  const LogLevel level = deliver.traceparent.is_sampled() ? LogLevel::info : LogLevel::debug;
  if (!log.shows(level)) return;
  const std::string user = user_hash(deliver.user);
  const std::string dot = deliver.dot.to_string();
  const LogField fields[] = {{"user", user},
                             {"traceparent", deliver.traceparent.text()},
                             {"dot", dot},
                             {"sessions", sessions}};
  log.write(level, "update delivered", fields);
}

void log_reload(const Log& log, const Result<std::vector<std::string>>& changes) {
  if (!changes) {
    log.error("reload refused, nothing has changed", {{"error", changes.error().message}});
    return;
  }
  log.info("reloaded the cluster file, the keys for tokens and the limits",
           {{"changes", changes->size()}});
  for (const std::string& change : *changes) log.info("since the reload", {{"change", change}});
}

}  // namespace anabranch::node
