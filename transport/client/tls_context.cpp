#include "transport/client/tls_context.h"

#include "base/free_by.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace anabranch::transport {
namespace {

using Of = TlsContext::Fault::Of;

using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

/// Chains are a few certificates long.
constexpr std::size_t max_certificates = 16;

/// Those with forward secrecy and authenticated encryption; TLS 1.3 has no others.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

tl::unexpected<TlsContext::Fault> fault(Of of, std::string problem) {
  ERR_clear_error();
  return tl::unexpected(TlsContext::Fault{of, std::move(problem)});
}

/// What OpenSSL has to say of the call that failed last.
std::string reason() {
  const char* const text = ERR_reason_error_string(ERR_peek_last_error());
  return text != nullptr ? text : "OpenSSL gives no reason";
}

Bio reader_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Without it OpenSSL would ask for the passphrase on the terminal.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

tl::expected<std::vector<Certificate>, TlsContext::Fault> read_certificates(
    const std::string& text) {
  const Bio reader = reader_of(text);
  std::vector<Certificate> chain;
  bool asked = false;
  while (Certificate next{PEM_read_bio_X509(reader.get(), nullptr, refuse_passphrase, &asked)}) {
    chain.push_back(std::move(next));
    if (chain.size() > max_certificates) {
      return fault(Of::certificate,
                   "holds more than " + std::to_string(max_certificates) + " certificates");
    }
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return fault(Of::certificate, "holds a certificate that is broken: " + reason());
  if (chain.empty()) return fault(Of::certificate, "holds no certificate in PEM");
  ERR_clear_error();
  return chain;
}

tl::expected<Key, TlsContext::Fault> read_key(const std::string& text) {
  const Bio reader = reader_of(text);
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(reader.get(), nullptr, refuse_passphrase, &asked));
  if (key) return key;
  if (asked) return fault(Of::key, "is locked by a passphrase, which nobody can enter here");
  return fault(Of::key, "holds no private key in PEM");
}

std::int64_t to_unix(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string date_of(std::int64_t unix_s) {
  const std::time_t time = unix_s;
  std::tm parts{};
  std::array<char, 32> text{};
  gmtime_r(&time, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts)};
}

/// What is wrong with the time of a certificate's validity.
std::optional<std::string> untimely(X509* certificate, std::int64_t now_s) {
  const std::int64_t begin = to_unix(X509_get0_notBefore(certificate));
  const std::int64_t end = to_unix(X509_get0_notAfter(certificate));
  if (now_s >= end) return "has expired: it was valid until " + date_of(end);
  if (now_s < begin) return "is not valid before " + date_of(begin) + "; is the clock right?";
  return std::nullopt;
}

/// HTTP/1.1, the one that WebSockets come by here. Who offers others alone is told so.
int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*unused*/) {
  static constexpr std::string_view served = "\x08http/1.1";
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(
      &found, chosen_size, reinterpret_cast<const unsigned char*>(served.data()),
      static_cast<unsigned int>(served.size()), offered, offered_size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Tickets are sealed with a key of the context's own, so that nothing is kept here for a session.
bool set_rules(SSL_CTX* context) {
  constexpr std::string_view name = "anabranch";
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Partial writes tell how far a slow client has come.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, tls12_ciphers) == 1 &&
         SSL_CTX_set_session_id_context(context,
                                        reinterpret_cast<const unsigned char*>(name.data()),
                                        static_cast<unsigned int>(name.size())) == 1;
}

bool add_chain(SSL_CTX* context, const std::vector<Certificate>& chain) {
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return false;
  }
  return true;
}

}  // namespace

TlsContext::TlsContext(std::string certificate, std::int64_t expires_at_s)
    : certificate_(std::move(certificate)),
      expires_at_s_(expires_at_s),
      native_(SSL_CTX_new(TLS_server_method())) {}

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsContext::Made TlsContext::make(const std::string& certificate, const std::string& key,
                                  std::int64_t now_ms) {
  auto chain = read_certificates(certificate);
  if (!chain) return tl::unexpected(std::move(chain.error()));
  X509* const own = chain->front().get();
  if (auto problem = untimely(own, now_ms / 1000)) return fault(Of::certificate, *problem);
  auto secret = read_key(key);
  if (!secret) return tl::unexpected(std::move(secret.error()));
  if (X509_check_private_key(own, secret->get()) != 1) {
    return fault(Of::key, "is not the key of the first certificate");
  }

  const std::int64_t expires_at_s = to_unix(X509_get0_notAfter(own));
  std::shared_ptr<TlsContext> made(new TlsContext(certificate, expires_at_s));
  SSL_CTX* const native = made->native();
  if (native == nullptr || !set_rules(native)) {
    return fault(Of::certificate, "cannot be served: " + reason());
  }
  // Too small a key, or too weak a signature, for one.
  if (SSL_CTX_use_certificate(native, own) != 1 || !add_chain(native, *chain)) {
    return fault(Of::certificate, "holds a certificate that cannot be used: " + reason());
  }
  if (SSL_CTX_use_PrivateKey(native, secret->get()) != 1) {
    return fault(Of::key, "holds a key that cannot be used: " + reason());
  }
  return made;
}

}  // namespace anabranch::transport
