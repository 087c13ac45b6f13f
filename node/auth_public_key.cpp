#include "node/auth_config.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>

namespace anabranch::node {

namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using PublicKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

PublicKey read_pem(const std::string& pem) {
  const Bio source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  PublicKey key(source ? PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr) : nullptr,
                EVP_PKEY_free);
  ERR_clear_error();
  return key;
}

/// The one form of PEM that the token library reads, whatever stood around the key in its file.
std::string write_pem(EVP_PKEY* key) {
  const Bio sink(BIO_new(BIO_s_mem()), BIO_free);
  if (!sink || PEM_write_bio_PUBKEY(sink.get(), key) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(sink.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

bool is_p256(EVP_PKEY* key) {
  char name[64] = {};
  std::size_t size = 0;
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name,
                                        &size) == 1 &&
         std::string(name) == "prime256v1";
}

Result<Algorithm> algorithm_for(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) >= 2048) return Algorithm::rs256;
      return fail(Errc::invalid_config, "its RSA key has " +
                                            std::to_string(EVP_PKEY_get_bits(key)) +
                                            " bits; RS256 wants at least 2048");
    case EVP_PKEY_EC:
      if (is_p256(key)) return Algorithm::es256;
      return fail(Errc::invalid_config, "its EC key is not on the curve P-256 that ES256 wants");
    case EVP_PKEY_ED25519:
      return fail(Errc::invalid_config,
                  "it holds an Ed25519 key; EdDSA is not available in this version");
    default:
      return fail(Errc::invalid_config, "its key is neither RSA nor EC P-256");
  }
}

}  // namespace

Result<AuthKey> parse_public_key(const std::string& pem) {
  const PublicKey key = read_pem(pem);
  if (!key && pem.find("PRIVATE KEY") != std::string::npos) {
    return fail(Errc::invalid_config, "it holds a private key; a node wants the public key alone");
  }
  if (!key) {
    return fail(Errc::invalid_config, "it holds no public key in PEM (-----BEGIN PUBLIC KEY-----)");
  }
  const auto algorithm = algorithm_for(key.get());
  if (!algorithm) return tl::unexpected(algorithm.error());
  AuthKey result;
  result.algorithm = *algorithm;
  result.material = write_pem(key.get());
  return result;
}

}  // namespace anabranch::node
