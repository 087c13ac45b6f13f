#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "node/config.h"
#include "transport/client/sessions.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::node {

/// Longer tokens are refused unread.
inline constexpr std::size_t max_token_bytes = 8192;

/// Judges JSON Web Tokens by [auth]. What a token says about itself only picks the key: which
/// algorithms are taken, and which one a key serves, comes from the configuration alone.
///
/// The leeway widens `nbf` and `exp` both ways, so Identity::expires_at_ms is `exp` and the leeway:
/// the moment from which the token is no longer taken. Safe from any thread; the clock outlives it.
class JwtAuthenticator final : public transport::Authenticator {
 public:
  JwtAuthenticator(AuthConfig config, const Clock& clock);

  Result<transport::Identity> verify(std::string_view token) const override;

  /// From now on judges by `config`: keys rotate without a restart.
  void replace(AuthConfig config);

 private:
  struct Rules;
  std::shared_ptr<const Rules> current() const;

  const Clock& clock_;
  mutable std::mutex mutex_;  ///< guards rules_
  std::shared_ptr<const Rules> rules_;
};

/// An HS256 token for `user`, good from now for `ttl`; where that is whole seconds, to the end of
/// the second in which it ends. Errc::malformed for what is_valid_user refuses.
Result<std::string> sign_token(const std::string& secret, const UserId& user,
                               std::chrono::milliseconds ttl, const std::optional<std::string>& kid,
                               Now now);

}  // namespace anabranch::node
