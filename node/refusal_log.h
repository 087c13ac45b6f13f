#pragma once

#include "base/ids.h"
#include "node/log.h"
#include "node/user_hash.h"
#include "wire/client_messages.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace anabranch::node {

/// Logs refused updates without letting a client write the log: the first that a user gets for a
/// reason is told at once, those of the ten seconds after it by their number. One thread.
class RefusalLog {
 public:
  static constexpr std::int64_t span_ms = 10'000;
  /// Users and reasons at a time; what comes beyond is counted by the metrics alone.
  static constexpr std::size_t max_open = 10'000;

  /// `log` outlives it.
  RefusalLog(const Log& log, const UserHash& user_hash) : log_(log), user_hash_(user_hash) {}

  void note(SessionId connection, const UserId& user, const wire::ErrorEvent& error,
            std::int64_t monotonic_ms);
  /// To be called every now and then: tells what has been counted long enough.
  void tick(std::int64_t monotonic_ms);

 private:
  struct Span {
    std::int64_t began_ms = 0;
    std::uint64_t more = 0;
  };

  void tell(const UserId& user, wire::ErrorCode code, const Span& span) const;

  const Log& log_;
  const UserHash& user_hash_;
  std::map<std::pair<UserId, wire::ErrorCode>, Span> open_;
};

}  // namespace anabranch::node
