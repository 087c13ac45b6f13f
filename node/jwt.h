#pragma once

#include "base/result.h"
#include "node/config.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

// The seam to the token library: compact JWTs in and out, nothing judged but the signature.

struct _cjose_jwk_int;  // the library's

namespace anabranch::node {

/// What a token's header says, before anything is proven.
struct JwtHeader {
  std::string algorithm;
  std::optional<std::string> kid;
};

/// Errors are Errc::malformed with a message fit for clients.
Result<JwtHeader> read_jwt_header(const std::string& token);

/// A key made ready, once, to verify many tokens. Any thread.
class JwtKey {
 public:
  explicit JwtKey(const AuthKey& key);

  /// What the token claims, as text, once its signature is proven with this key and the key's own
  /// algorithm. Errc::refused when it is not.
  Result<std::string> verify(const std::string& token) const;

 private:
  Algorithm algorithm_;
  std::shared_ptr<const _cjose_jwk_int> key_;  ///< null: proves nothing
};

/// An HS256 token of `claims`, a JSON object's text.
Result<std::string> sign_jwt(const std::string& secret, const std::string& claims,
                             const std::optional<std::string>& kid);

}  // namespace anabranch::node
