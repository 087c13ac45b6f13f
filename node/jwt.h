#pragma once

#include "base/result.h"
#include "node/config.h"

#include <optional>
#include <string>
#include <string_view>

// The seam to the token library: compact JWTs in and out, nothing judged but the signature.

namespace anabranch::node {

/// What a token's header says, before anything is proven.
struct JwtHeader {
  std::string algorithm;
  std::optional<std::string> kid;
};

/// Errors are Errc::malformed with a message fit for clients.
Result<JwtHeader> read_jwt_header(const std::string& token);

/// The claims as a JSON object's text, once the signature is proven with `key` and the key's own
/// algorithm. Errc::refused when it is not.
Result<std::string> verify_jwt(const std::string& token, const AuthKey& key);

/// An HS256 token of `claims`, a JSON object's text.
Result<std::string> sign_jwt(const std::string& secret, const std::string& claims,
                             const std::optional<std::string>& kid);

}  // namespace anabranch::node
