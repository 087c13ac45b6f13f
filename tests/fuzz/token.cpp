// Tokens, through the library that reads them and the judgement of their claims.
//
// The first line says how the input becomes a token:
//     raw      the rest is the token
//     hs256    the second line is the header and the rest the claims; signed with the shared secret
//     es256, rs256      … signed with the private key that belongs to the node's public one
//     confused … signed as if that public key were a shared secret

#include "node/auth.h"
#include "node/auth_config.h"
#include "tests/fuzz/require.h"
#include "tests/node/token_maker.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <functional>
#include <optional>
#include <string>

namespace anabranch::fuzz {

namespace {

using node::Algorithm;

constexpr std::int64_t now_ms = 1'750'000'000'000;
const std::string secret(32, 's');

class FixedClock final : public Clock {
 public:
  Now now() const override { return {now_ms, 0}; }
};

/// Keys of all three algorithms, and a node that takes them.
struct Judge {
  Judge() : ec(node::SigningKey::ec()), rsa(node::SigningKey::rsa()) {
    config.algorithms = {Algorithm::hs256, Algorithm::es256, Algorithm::rs256};
    config.keys = {{{}, Algorithm::hs256, secret},
                   {"ec", Algorithm::es256, node::parse_public_key(ec.public_pem())->material},
                   {"rsa", Algorithm::rs256, node::parse_public_key(rsa.public_pem())->material}};
    config.audience = "anabranch";
    authenticator.emplace(config, clock);
  }

  node::SigningKey ec;
  node::SigningKey rsa;
  node::AuthConfig config;
  FixedClock clock;
  std::optional<node::JwtAuthenticator> authenticator;
};

const Judge& judge() {
  static const Judge judge;
  return judge;
}

std::string sign(std::string_view how, const std::string& header, const std::string& claims) {
  if (how == "es256") return judge().ec.make_token(header, claims);
  if (how == "rs256") return judge().rsa.make_token(header, claims);
  if (how == "hs256") return node::make_hs256(secret, header, claims);
  const std::string& public_key = judge().config.keys[header.size() % 2 + 1].material;
  return node::make_hs256(public_key, header, claims);
}

/// True when the secret has signed the token, whatever it says. (The last digit of a signature has
/// bits to spare.)
bool is_signed_with_secret(const std::string& token) {
  const std::string body = token.substr(0, token.rfind('.'));
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(),
       reinterpret_cast<unsigned char*>(mac.data()), nullptr);
  std::string signature = node::base64url(mac);
  signature.pop_back();
  return token.size() == body.size() + 44 && token.starts_with(body + '.' + signature);
}

void check_accepted(const transport::Identity& identity) {
  FUZZ_REQUIRE(is_valid_user(identity.user));
  FUZZ_REQUIRE(identity.expires_at_ms > now_ms);
}

/// Whatever one changes in a token that was accepted, it does not become another good one.
void check_changed(std::string token, const transport::Identity& identity) {
  const std::size_t at = std::hash<std::string>()(token) % token.size();
  token[at] = token[at] == 'A' ? 'B' : 'A';
  const auto other = judge().authenticator->verify(token);
  FUZZ_REQUIRE(!other || other->user == identity.user);
}

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view how = fuzz::take_until(rest, '\n');
  std::string token(rest);
  if (how != "raw") {
    const std::string header(fuzz::take_until(rest, '\n'));
    token = fuzz::sign(how, header, std::string(rest));
  }
  const auto identity = fuzz::judge().authenticator->verify(token);
  if (!identity) {
    FUZZ_REQUIRE(!identity.error().message.empty());
    return 0;
  }
  fuzz::check_accepted(*identity);
  FUZZ_REQUIRE(how == "hs256" || how == "es256" || how == "rs256" ||
               (how == "raw" && fuzz::is_signed_with_secret(token)));
  fuzz::check_changed(token, *identity);
  return 0;
}
