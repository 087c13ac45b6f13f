#include "node/refusal_log.h"

#include <string>
#include <vector>

namespace anabranch::node {

void RefusalLog::note(SessionId connection, const UserId& user, const wire::ErrorEvent& error,
                      std::int64_t monotonic_ms) {
  if (!log_.shows(LogLevel::info)) return;
  const auto found = open_.find({user, error.code});
  if (found != open_.end()) {
    ++found->second.more;
    return;
  }
  if (open_.size() >= max_open) return;
  open_.emplace(std::pair(user, error.code), Span{monotonic_ms, 0});
  const std::string hash = user_hash_(user);
  std::vector<LogField> fields{
      {"connection", connection.value}, {"user", hash}, {"code", to_string(error.code)}};
  if (!error.traceparent.empty()) fields.emplace_back("traceparent", error.traceparent.text());
  log_.write(LogLevel::info, "update refused", fields);
}

void RefusalLog::tick(std::int64_t monotonic_ms) {
  for (auto at = open_.begin(); at != open_.end();) {
    if (monotonic_ms - at->second.began_ms < span_ms) {
      ++at;
      continue;
    }
    tell(at->first.first, at->first.second, at->second);
    at = open_.erase(at);
  }
}

void RefusalLog::tell(const UserId& user, wire::ErrorCode code, const Span& span) const {
  if (span.more == 0) return;
  log_.info("more updates refused", {{"user", user_hash_(user)},
                                     {"code", to_string(code)},
                                     {"count", span.more},
                                     {"seconds", span_ms / 1000}});
}

}  // namespace anabranch::node
