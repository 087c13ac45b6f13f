#include "node/connection_log.h"

#include <algorithm>
#include <string>

namespace anabranch::node {

namespace {

using transport::ConnectionEnd;

std::size_t place_of(std::uint16_t code) {
  const auto& codes = ConnectionCounts::codes;
  const auto* found = std::find(codes.begin(), codes.end() - 1, code);
  return static_cast<std::size_t>(found - codes.begin());
}

/// Whether somebody who looks for what goes wrong wants to read of it. That it ends by itself, and
/// that all end when the node stops, is ordinary.
bool is_failure(const ConnectionEnd& end) {
  if (end.by != ConnectionEnd::By::node || end.user.empty()) return false;
  constexpr std::array<std::uint16_t, 7> codes = {1002, 1007, 1008, 1009, 4401, 4408, 4429};
  return std::find(codes.begin(), codes.end(), end.code) != codes.end();
}

std::string_view name_of(ConnectionEnd::By by) {
  switch (by) {
    case ConnectionEnd::By::node:
      return "node";
    case ConnectionEnd::By::client:
      return "client";
    case ConnectionEnd::By::nobody:
      return "nobody";
  }
  return "";
}

template <std::size_t size>
std::array<std::uint64_t, size> read(const std::array<std::atomic<std::uint64_t>, size>& counts) {
  std::array<std::uint64_t, size> values{};
  std::transform(counts.begin(), counts.end(), values.begin(),
                 [](const auto& count) { return count.load(std::memory_order_relaxed); });
  return values;
}

}  // namespace

ConnectionCounts ConnectionLog::counts() const {
  return {opened_.load(std::memory_order_relaxed), read(closed_), read(refused_)};
}

void ConnectionLog::on_upgrade_refused(transport::UpgradeRefusal reason) {
  refused_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  if (!log_.shows(LogLevel::info)) return;
  const auto [may_log, left_out] = refusal_lines_.take(clock_.now().monotonic_ms);
  if (!may_log) return;
  log_.info("upgrade refused", {{"reason", to_string(reason)}, {"left_out", left_out}});
}

void ConnectionLog::on_upgraded(SessionId connection) {
  opened_.fetch_add(1, std::memory_order_relaxed);
  log_.debug("connection opened", {{"connection", connection.value}});
}

void ConnectionLog::on_authenticated(SessionId connection, std::string_view user) {
  if (!log_.shows(LogLevel::debug)) return;
  log_.debug("connection authenticated",
             {{"connection", connection.value}, {"user", user_hash_(user)}});
}

void ConnectionLog::on_authentication_failed(SessionId connection, std::string_view user,
                                             std::string_view why) {
  if (!log_.shows(LogLevel::info)) return;
  const auto [may_log, left_out] = failure_lines_.take(clock_.now().monotonic_ms);
  if (!may_log) return;
  log_.info("authentication failed", {{"connection", connection.value},
                                      {"user", user.empty() ? std::string() : user_hash_(user)},
                                      {"reason", why},
                                      {"left_out", left_out}});
}

void ConnectionLog::on_ended(const ConnectionEnd& end) {
  closed_[place_of(end.code)].fetch_add(1, std::memory_order_relaxed);
  const LogLevel level = is_failure(end) ? LogLevel::info : LogLevel::debug;
  if (!log_.shows(level)) return;
  const std::string user = end.user.empty() ? std::string() : user_hash_(end.user);
  const LogField fields[] = {{"connection", end.connection.value},
                             {"user", user},
                             {"code", end.code},
                             {"by", name_of(end.by)},
                             {"reason", end.reason},
                             {"seconds", static_cast<double>(end.duration.count()) / 1000.0},
                             {"frames_in", end.frames_in},
                             {"bytes_in", end.bytes_in},
                             {"frames_out", end.frames_out},
                             {"bytes_out", end.bytes_out}};
  log_.write(level, "connection closed", fields);
}

}  // namespace anabranch::node
