#include "node/auth.h"

#include "node/jwt.h"
#include "wire/canonical_json.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace anabranch::node {

namespace {

namespace json = boost::json;
using transport::Identity;

/// The end of year 9999, the last that a timestamp can show: later is as good as never.
constexpr double last_moment_ms = 253'402'300'799'999.0;

tl::unexpected<Error> refuse(std::string message) {
  return fail(Errc::refused, std::move(message));
}

/// Which of the keys.
Result<std::size_t> choose_key(const AuthConfig& config, const JwtHeader& header) {
  const auto& allowed = config.algorithms;
  const auto algorithm = std::find_if(allowed.begin(), allowed.end(), [&](Algorithm candidate) {
    return algorithm_name(candidate) == header.algorithm;
  });
  if (algorithm == allowed.end()) return refuse("the token's algorithm is not accepted here");
  for (std::size_t i = 0; i < config.keys.size(); ++i) {
    const AuthKey& key = config.keys[i];
    if (key.kid == header.kid && key.algorithm == *algorithm) return i;
  }
  return refuse(header.kid ? "no key for tokens with this kid" : "no key for tokens without a kid");
}

/// A moment that a claim gives as seconds since 1970, in milliseconds.
Result<std::int64_t> moment(const json::object& claims, const char* name) {
  const json::value* claim = claims.if_contains(name);
  if (claim == nullptr || !claim->is_number()) {
    return refuse("the token's " + std::string(name) + " is " +
                  (claim == nullptr ? "missing" : "not a number"));
  }
  const double ms = std::round(claim->to_number<double>() * 1000);
  if (!std::isfinite(ms)) return refuse("the token's " + std::string(name) + " is out of range");
  return static_cast<std::int64_t>(std::clamp(ms, 0.0, last_moment_ms));
}

/// When the token ends; an error when that is past, or its time has not come.
Result<std::int64_t> check_times(const json::object& claims, const AuthConfig& config,
                                 std::int64_t now_ms) {
  const std::int64_t leeway_ms = config.leeway.count();
  const auto expires = moment(claims, "exp");
  if (!expires) return expires;
  if (now_ms >= *expires + leeway_ms) return refuse("the token has expired");
  if (claims.contains("nbf")) {
    const auto begins = moment(claims, "nbf");
    if (!begins) return begins;
    if (now_ms + leeway_ms < *begins) return refuse("the token is not valid yet");
  }
  return std::min(*expires + leeway_ms, static_cast<std::int64_t>(last_moment_ms));
}

bool is_text(const json::value* claim, const std::string& text) {
  return claim != nullptr && claim->is_string() && claim->get_string() == text;
}

bool names(const json::value* audience, const std::string& wanted) {
  if (audience == nullptr || !audience->is_array()) return is_text(audience, wanted);
  const json::array& all = audience->get_array();
  return std::any_of(all.begin(), all.end(),
                     [&](const json::value& one) { return is_text(&one, wanted); });
}

Result<Identity> judge(const json::object& claims, const AuthConfig& config, std::int64_t now_ms) {
  const auto expires = check_times(claims, config, now_ms);
  if (!expires) return tl::unexpected(expires.error());
  if (!config.issuer.empty() && !is_text(claims.if_contains("iss"), config.issuer)) {
    return refuse("the token's issuer (iss) is not accepted here");
  }
  if (!config.audience.empty() && !names(claims.if_contains("aud"), config.audience)) {
    return refuse("the token is for another audience (aud)");
  }
  const json::value* subject = claims.if_contains("sub");
  if (subject == nullptr || !subject->is_string() || !is_valid_user(subject->get_string())) {
    return refuse("the token's sub must be 1 to 256 bytes of text without control characters");
  }
  return Identity{std::string(subject->get_string()), *expires};
}

}  // namespace

struct JwtAuthenticator::Rules {
  explicit Rules(AuthConfig the_config)
      : config(std::move(the_config)), keys(config.keys.begin(), config.keys.end()) {}

  const AuthConfig config;
  const std::vector<JwtKey> keys;  ///< the config's
};

JwtAuthenticator::JwtAuthenticator(AuthConfig config, const Clock& clock)
    : clock_(clock), rules_(std::make_shared<const Rules>(std::move(config))) {}

Result<Identity> JwtAuthenticator::verify(std::string_view token) const {
  if (token.size() > max_token_bytes) {
    return refuse("the token is longer than " + std::to_string(max_token_bytes) + " bytes");
  }
  const auto rules = current();
  const std::string text(token);
  const auto header = read_jwt_header(text);
  if (!header) return tl::unexpected(header.error());
  const auto key = choose_key(rules->config, *header);
  if (!key) return tl::unexpected(key.error());
  const auto claims_text = rules->keys[*key].verify(text);
  if (!claims_text) return tl::unexpected(claims_text.error());
  json::error_code error;
  const json::value claims = json::parse(*claims_text, error);
  if (error || !claims.is_object()) return refuse("the token's claims are not a JSON object");
  return judge(claims.get_object(), rules->config, clock_.now().wall_ms);
}

void JwtAuthenticator::replace(AuthConfig config) {
  auto next = std::make_shared<const Rules>(std::move(config));
  const std::lock_guard lock(mutex_);
  rules_.swap(next);
}

std::shared_ptr<const JwtAuthenticator::Rules> JwtAuthenticator::current() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

Result<std::string> sign_token(const std::string& secret, const UserId& user,
                               std::chrono::milliseconds ttl, const std::optional<std::string>& kid,
                               Now now) {
  if (!is_valid_user(user)) {
    return fail(Errc::malformed, "a user is 1 to 256 bytes of UTF-8 without control characters");
  }
  // Not every JWT library reads fractions: they are written only where whole seconds are no use.
  const bool whole_seconds = ttl.count() % 1000 == 0;
  const std::int64_t expires_ms =
      now.wall_ms + ttl.count() + (whole_seconds ? 999 - (now.wall_ms + 999) % 1000 : 0);
  std::string claims = "{\"sub\":";
  wire::append_json_string(claims, user);
  claims += ",\"iat\":" + std::to_string(now.wall_ms / 1000) + ",\"exp\":";
  wire::append_json_number(claims, static_cast<double>(expires_ms) / 1000);
  claims += '}';
  return sign_jwt(secret, claims, kid);
}

}  // namespace anabranch::node
