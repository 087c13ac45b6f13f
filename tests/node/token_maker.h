#pragma once

#include <memory>
#include <string>

// Signs tokens without the node's token library, also such as no honest issuer makes.

namespace anabranch::node {

std::string base64url(const std::string& bytes);
/// header.claims.HMAC-SHA256
std::string make_hs256(const std::string& secret, const std::string& header,
                       const std::string& claims);

/// A key pair made for the test.
class SigningKey {
 public:
  static SigningKey rsa(int bits = 2048);
  static SigningKey ec(const char* curve = "P-256");
  static SigningKey ed25519();

  std::string public_pem() const;
  std::string private_pem() const;
  /// header.claims.signature, by RS256 or ES256 as the key is.
  std::string make_token(const std::string& header, const std::string& claims) const;

 private:
  struct Pair;
  std::shared_ptr<Pair> pair_;
};

}  // namespace anabranch::node
