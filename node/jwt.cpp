#include "node/jwt.h"

#include "base/free_by.h"
#include "wire/base64url.h"

#include <boost/json.hpp>
#include <cjose/cjose.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace anabranch::node {

namespace {

using Key = std::unique_ptr<cjose_jwk_t, FreeBy<cjose_jwk_release>>;
using Header = std::unique_ptr<cjose_header_t, FreeBy<cjose_header_release>>;
using Signed = std::unique_ptr<cjose_jws_t, FreeBy<cjose_jws_release>>;
using PublicKey = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using Bytes = std::vector<std::uint8_t>;

const std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

Key secret_key(const std::string& secret) {
  return Key(cjose_jwk_create_oct_spec(bytes_of(secret), secret.size(), nullptr));
}

PublicKey read_pem(const std::string& pem) {
  BIO* const source = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  PublicKey key(PEM_read_bio_PUBKEY(source, nullptr, nullptr, nullptr));
  BIO_free(source);
  return key;
}

/// A number that the key consists of, with leading zeros up to `least` bytes.
Bytes number_of(const EVP_PKEY* key, const char* name, int least = 0) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return {};
  const Number number(found);
  Bytes bytes(static_cast<std::size_t>(std::max(least, BN_num_bytes(found))));
  BN_bn2binpad(found, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Key rsa_key(const std::string& pem) {
  const PublicKey key = read_pem(pem);
  if (!key) return nullptr;
  Bytes exponent = number_of(key.get(), OSSL_PKEY_PARAM_RSA_E);
  Bytes modulus = number_of(key.get(), OSSL_PKEY_PARAM_RSA_N);
  cjose_jwk_rsa_keyspec spec{};
  spec.e = exponent.data();
  spec.elen = exponent.size();
  spec.n = modulus.data();
  spec.nlen = modulus.size();
  return Key(cjose_jwk_create_RSA_spec(&spec, nullptr));
}

Key p256_key(const std::string& pem) {
  constexpr int coordinate_bytes = 32;
  const PublicKey key = read_pem(pem);
  if (!key) return nullptr;
  Bytes x = number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, coordinate_bytes);
  Bytes y = number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_bytes);
  cjose_jwk_ec_keyspec spec{};
  spec.crv = CJOSE_JWK_EC_P_256;
  spec.x = x.data();
  spec.xlen = x.size();
  spec.y = y.data();
  spec.ylen = y.size();
  return Key(cjose_jwk_create_EC_spec(&spec, nullptr));
}

Key make_ready(const AuthKey& key) {
  switch (key.algorithm) {
    case Algorithm::hs256:
      return secret_key(key.material);
    case Algorithm::rs256:
      return rsa_key(key.material);
    case Algorithm::es256:
      return p256_key(key.material);
  }
  return nullptr;
}

constexpr std::array<bool, 256> find_base64url_digits() {
  std::array<bool, 256> is_digit{};
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const char digit : digits) is_digit[static_cast<unsigned char>(digit)] = true;
  return is_digit;
}

bool is_base64url(std::string_view text) {
  static constexpr auto is_digit = find_base64url_digits();
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit[static_cast<unsigned char>(c)]; });
}

/// Three parts of base64url, none empty. The library itself skips over what it cannot read.
bool is_compact_form(std::string_view token) {
  const auto is_part = [](std::string_view part) { return !part.empty() && is_base64url(part); };
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
  // Those of one issuer mostly begin alike.
  struct Latest {
    std::string text;
    JwtHeader header;
  };
  static thread_local Latest latest;
  const std::string_view text = std::string_view(token).substr(0, token.find('.'));
  if (text == latest.text) return latest.header;

  // Not by the library, which would take all of the token apart.
  const auto json = wire::base64url_decode(text);
  if (!json) return not_a_token();
  auto header = parse_header(*json);
  if (header) latest = {std::string(text), *header};
  return header;
}

JwtKey::JwtKey(const AuthKey& key) : algorithm_(key.algorithm), key_(make_ready(key)) {
  ERR_clear_error();
}

Result<std::string> JwtKey::verify(const std::string& token) const {
  const Signed jws(cjose_jws_import(token.data(), token.size(), nullptr));
  // The library takes the algorithm from the token, so the key's own is compared once more here.
  const char* const algorithm =
      jws ? cjose_header_get(cjose_jws_get_protected(jws.get()), CJOSE_HDR_ALG, nullptr) : nullptr;
  std::uint8_t* claims = nullptr;
  std::size_t size = 0;
  const bool is_proven = algorithm != nullptr && key_ && algorithm == algorithm_name(algorithm_) &&
                         cjose_jws_verify(jws.get(), key_.get(), nullptr) &&
                         cjose_jws_get_plaintext(jws.get(), &claims, &size, nullptr);
  if (!is_proven) {
    ERR_clear_error();
    return fail(Errc::refused, "the token's signature is wrong");
  }
  return std::string(reinterpret_cast<const char*>(claims), size);
}

Result<std::string> sign_jwt(const std::string& secret, const std::string& claims,
                             const std::optional<std::string>& kid) {
  const Key key = secret_key(secret);
  const Header header(cjose_header_new(nullptr));
  const bool filled =
      key && header && cjose_header_set(header.get(), CJOSE_HDR_ALG, "HS256", nullptr) &&
      cjose_header_set(header.get(), "typ", "JWT", nullptr) &&
      (!kid || cjose_header_set(header.get(), CJOSE_HDR_KID, kid->c_str(), nullptr));
  const Signed jws(
      filled ? cjose_jws_sign(key.get(), header.get(), bytes_of(claims), claims.size(), nullptr)
             : nullptr);
  const char* text = nullptr;
  if (!jws || !cjose_jws_export(jws.get(), &text, nullptr)) {
    return fail(Errc::malformed, "the token cannot be signed with this key");
  }
  return std::string(text);
}

}  // namespace anabranch::node
