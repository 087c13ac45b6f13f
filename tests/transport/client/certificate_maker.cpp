#include "tests/transport/client/certificate_maker.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace anabranch::transport {
namespace {

constexpr long seconds_per_day = 86'400;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make the test's certificate");
}

Key make_key(KeyKind kind) {
  Key key(kind == KeyKind::good ? EVP_EC_gen("P-256") : EVP_RSA_gen(1024), &EVP_PKEY_free);
  require(key != nullptr);
  return key;
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string text_of(const Bio& out) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Bio memory() { return {BIO_new(BIO_s_mem()), &BIO_free}; }

std::string to_pem(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  const Bio out = memory();
  char passphrase[] = "secret";
  require(PEM_write_bio_PKCS8PrivateKey(out.get(), key, cipher, passphrase,
                                        cipher != nullptr ? 6 : 0, nullptr, nullptr) == 1);
  return text_of(out);
}

std::string to_pem(X509* certificate) {
  const Bio out = memory();
  require(PEM_write_bio_X509(out.get(), certificate) == 1);
  return text_of(out);
}

}  // namespace

CertificatePair make_certificate(int from_days, int until_days, KeyKind kind) {
  const Key key = make_key(kind);
  const Certificate certificate(X509_new(), &X509_free);
  X509* const made = certificate.get();
  require(X509_set_version(made, X509_VERSION_3) == 1);
  long serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 4);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), from_days * seconds_per_day);
  X509_gmtime_adj(X509_getm_notAfter(made), until_days * seconds_per_day);
  X509_NAME* const name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(made, name);
  add_extension(made, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  require(X509_set_pubkey(made, key.get()) == 1);
  require(X509_sign(made, key.get(), EVP_sha256()) != 0);
  return {to_pem(made), to_pem(key.get())};
}

std::string make_locked_key() { return to_pem(make_key(KeyKind::good).get(), EVP_aes_256_cbc()); }

}  // namespace anabranch::transport
