#include "tests/node/token_maker.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <vector>

namespace anabranch::node {

namespace {

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool condition) {
  if (!condition) std::abort();
}

std::string take(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

/// JOSE writes an ECDSA signature as two numbers of 32 bytes, OpenSSL as DER.
std::string der_to_jose(const std::string& der) {
  const unsigned char* at = bytes_of(der);
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  require(signature != nullptr);
  std::vector<unsigned char> jose(64);
  require(BN_bn2binpad(ECDSA_SIG_get0_r(signature), jose.data(), 32) == 32);
  require(BN_bn2binpad(ECDSA_SIG_get0_s(signature), jose.data() + 32, 32) == 32);
  ECDSA_SIG_free(signature);
  return {jose.begin(), jose.end()};
}

}  // namespace

struct SigningKey::Pair {
  explicit Pair(EVP_PKEY* made) : key(made) { require(key != nullptr); }
  ~Pair() { EVP_PKEY_free(key); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  EVP_PKEY* key;
};

std::string base64url(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::string make_hs256(const std::string& secret, const std::string& header,
                       const std::string& claims) {
  const std::string body = base64url(header) + '.' + base64url(claims);
  std::string mac(32, '\0');
  unsigned size = 32;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(body), body.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  return body + '.' + base64url(mac);
}

SigningKey SigningKey::rsa(int bits) {
  SigningKey key;
  key.pair_ = std::make_shared<Pair>(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
  return key;
}

SigningKey SigningKey::ec(const char* curve) {
  SigningKey key;
  key.pair_ = std::make_shared<Pair>(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
  return key;
}

SigningKey SigningKey::ed25519() {
  SigningKey key;
  key.pair_ = std::make_shared<Pair>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return key;
}

std::string SigningKey::public_pem() const {
  BIO* sink = BIO_new(BIO_s_mem());
  require(PEM_write_bio_PUBKEY(sink, pair_->key) == 1);
  return take(sink);
}

std::string SigningKey::private_pem() const {
  BIO* sink = BIO_new(BIO_s_mem());
  require(PEM_write_bio_PrivateKey(sink, pair_->key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return take(sink);
}

std::string SigningKey::make_token(const std::string& header, const std::string& claims) const {
  const std::string body = base64url(header) + '.' + base64url(claims);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  require(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, pair_->key) == 1);
  std::size_t size = 0;
  require(EVP_DigestSign(context, nullptr, &size, bytes_of(body), body.size()) == 1);
  std::string signature(size, '\0');
  require(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                         bytes_of(body), body.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  if (EVP_PKEY_get_base_id(pair_->key) == EVP_PKEY_EC) signature = der_to_jose(signature);
  return body + '.' + base64url(signature);
}

}  // namespace anabranch::node
