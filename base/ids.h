#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch {

/// The user whose tabs and devices share one state: the `sub` of their token.
/// 1 to 256 bytes of UTF-8 without control characters (is_valid_user).
using UserId = std::string;

/// True for what may be a UserId. The storage keys rely on it: a user id holds no NUL.
bool is_valid_user(std::string_view user);

/// Names one data directory's stream of writes. Random, minted when the directory is made and
/// again whenever its past can no longer be trusted; never reused, so that a Dot names one write.
struct ReplicaId {
  std::uint64_t value = 0;

  auto operator<=>(const ReplicaId&) const = default;
  /// 16 lower-case hex digits; orders as `value` does.
  std::string to_string() const;
  void append_to(std::string& text) const;
  static std::optional<ReplicaId> parse(std::string_view text);
};

/// A write's place in its origin's log: the seq-th write (1, 2, …) that `origin` accepted.
struct Dot {
  ReplicaId origin;
  std::uint64_t seq = 0;

  auto operator<=>(const Dot&) const = default;
  /// "<origin>:<seq>", as clients see it.
  std::string to_string() const;
  void append_to(std::string& text) const;
  static std::optional<Dot> parse(std::string_view text);
};

/// One client connection of this process, from its upgrade to its close; never reused.
struct SessionId {
  std::uint64_t value = 0;
  auto operator<=>(const SessionId&) const = default;
};

}  // namespace anabranch
