#include "node/jwt.h"

#include "wire/base64url.h"

#include <boost/json.hpp>
#include <jwt.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace anabranch::node {

namespace {

struct JwtFree {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, JwtFree>;

struct TextFree {
  void operator()(char* text) const { std::free(text); }
};
using Text = std::unique_ptr<char, TextFree>;

jwt_alg_t library_algorithm(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hs256:
      return JWT_ALG_HS256;
    case Algorithm::rs256:
      return JWT_ALG_RS256;
    case Algorithm::es256:
      return JWT_ALG_ES256;
  }
  return JWT_ALG_INVAL;
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Three parts of base64url, none empty. The library itself skips over what it cannot read.
bool is_compact_form(std::string_view token) {
  const auto is_part = [](std::string_view part) {
    return !part.empty() &&
           part.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
               std::string_view::npos;
  };
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return false;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return false;
  return is_part(token.substr(0, first)) && is_part(token.substr(first + 1, second - first - 1)) &&
         is_part(token.substr(second + 1));
}

tl::unexpected<Error> not_a_token() {
  return fail(Errc::malformed, "this is not a JSON Web Token");
}

Result<JwtHeader> parse_header(std::string_view json) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
  const auto* header = error ? nullptr : value.if_object();
  if (header == nullptr) return not_a_token();
  const auto* algorithm = header->if_contains("alg");
  const auto* kid = header->if_contains("kid");
  if (algorithm == nullptr || !algorithm->is_string()) return not_a_token();
  if (kid != nullptr && !kid->is_string()) {
    return fail(Errc::malformed, "the token's kid is not a string");
  }
  if (header->contains("crit")) {
    return fail(Errc::malformed, "the token asks for extensions (crit) that this node lacks");
  }
  JwtHeader result{std::string(algorithm->get_string()), {}};
  if (kid != nullptr) result.kid = std::string(kid->get_string());
  return result;
}

}  // namespace

Result<JwtHeader> read_jwt_header(const std::string& token) {
  if (!is_compact_form(token)) return not_a_token();
  // Not by the library, which would take all of the token apart, and once more to verify it.
  const auto json = wire::base64url_decode(std::string_view(token).substr(0, token.find('.')));
  if (!json) return not_a_token();
  return parse_header(*json);
}

Result<std::string> verify_jwt(const std::string& token, const AuthKey& key) {
  jwt_t* decoded = nullptr;
  const int failed = jwt_decode(&decoded, token.c_str(), bytes_of(key.material),
                                static_cast<int>(key.material.size()));
  const Jwt jwt(failed != 0 ? nullptr : decoded);
  // The library takes the algorithm from the token, so the key's own is compared once more here.
  if (!jwt || jwt_get_alg(jwt.get()) != library_algorithm(key.algorithm)) {
    return fail(Errc::refused, "the token's signature is wrong");
  }
  const Text claims(jwt_get_grants_json(jwt.get(), nullptr));
  if (!claims) return not_a_token();
  return std::string(claims.get());
}

Result<std::string> sign_jwt(const std::string& secret, const std::string& claims,
                             const std::optional<std::string>& kid) {
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) return fail(Errc::io, "no memory for a token");
  const Jwt jwt(made);
  const bool filled =
      jwt_add_grants_json(made, claims.c_str()) == 0 &&
      (!kid || jwt_add_header(made, "kid", kid->c_str()) == 0) &&
      jwt_set_alg(made, JWT_ALG_HS256, bytes_of(secret), static_cast<int>(secret.size())) == 0;
  const Text text(filled ? jwt_encode_str(made) : nullptr);
  if (!text) return fail(Errc::malformed, "the token cannot be signed with this key");
  return std::string(text.get());
}

}  // namespace anabranch::node
