#pragma once

#include <string>

namespace anabranch::transport {

/// A certificate and its private key, in PEM.
struct CertificatePair {
  std::string certificate;
  std::string key;
};

enum class KeyKind { good, too_short };

/// A certificate that has signed itself, for localhost and 127.0.0.1, valid from so many days from
/// now until so many days from now.
CertificatePair make_certificate(int from_days = -1, int until_days = 30,
                                 KeyKind kind = KeyKind::good);

/// A private key that wants a passphrase.
std::string make_locked_key();

}  // namespace anabranch::transport
