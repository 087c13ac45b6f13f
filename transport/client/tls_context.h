#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace anabranch::transport {

/// What a server proves by TLS who it is: a certificate that is valid, and its key; and the rules
/// by which it talks: TLS 1.2 or newer, HTTP/1.1, sessions resumed by tickets that it need not
/// remember. Never changes; any thread.
class TlsContext {
 public:
  /// Why there can be none, and which of the two texts is to blame.
  struct Fault {
    enum class Of { certificate, key };
    Of of;
    std::string problem;  ///< goes on from the file's name: "holds no certificate …"
  };
  using Made = tl::expected<std::shared_ptr<const TlsContext>, Fault>;

  /// `certificate`: in PEM, followed by those that lead from it to one that clients know. `key`:
  /// its private key in PEM, without a passphrase. `now_ms`: Unix time, by which it must be valid.
  static Made make(const std::string& certificate, const std::string& key, std::int64_t now_ms);

  /// Unix time in seconds.
  std::int64_t expires_at_s() const { return expires_at_s_; }
  /// Both were made of the same certificates.
  bool same_certificate(const TlsContext& other) const {
    return certificate_ == other.certificate_;
  }

  /// Owned by the context; OpenSSL counts those who use it.
  ssl_ctx_st* native() const { return native_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };

  TlsContext(std::string certificate, std::int64_t expires_at_s);

  const std::string certificate_;
  const std::int64_t expires_at_s_;
  std::unique_ptr<ssl_ctx_st, Free> native_;
};

}  // namespace anabranch::transport
