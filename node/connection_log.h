#pragma once

#include "base/clock.h"
#include "node/line_budget.h"
#include "node/log.h"
#include "node/user_hash.h"
#include "transport/client/session_journal.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anabranch::node {

/// Connections since the start of the process.
struct ConnectionCounts {
  /// The codes that are counted by themselves; what clients make up is counted as "other".
  static constexpr std::array<std::uint16_t, 14> codes = {1000, 1001, 1002, 1005, 1006, 1007, 1008,
                                                          1009, 1011, 1012, 4401, 4408, 4429, 0};
  static constexpr std::size_t reasons = 6;  ///< of transport::UpgradeRefusal

  std::uint64_t opened = 0;                          ///< upgraded
  std::array<std::uint64_t, codes.size()> closed{};  ///< by code; the last: other
  std::array<std::uint64_t, reasons> refused{};      ///< upgrades, by reason
};

/// Logs and counts connections. Ordinary lives are told at debug; what goes wrong at info, and what
/// strangers can cause at will within a budget. Safe from any thread.
class ConnectionLog final : public transport::SessionJournal {
 public:
  /// `log` and `clock` outlive it.
  ConnectionLog(const Log& log, const Clock& clock, UserHash user_hash)
      : log_(log), clock_(clock), user_hash_(std::move(user_hash)) {}

  ConnectionCounts counts() const;

  void on_upgrade_refused(transport::UpgradeRefusal reason) override;
  void on_upgraded(SessionId connection) override;
  void on_authenticated(SessionId connection, std::string_view user) override;
  void on_authentication_failed(SessionId connection, std::string_view user,
                                std::string_view why) override;
  void on_ended(const transport::ConnectionEnd& end) override;

 private:
  const Log& log_;
  const Clock& clock_;
  const UserHash user_hash_;
  LineBudget refusal_lines_;
  LineBudget failure_lines_;
  std::atomic<std::uint64_t> opened_{0};
  std::array<std::atomic<std::uint64_t>, ConnectionCounts::codes.size()> closed_{};
  std::array<std::atomic<std::uint64_t>, ConnectionCounts::reasons> refused_{};
};

}  // namespace anabranch::node
