#pragma once

#include "node/config.h"
#include "node/settings_reader.h"

namespace anabranch::node {

/// Reads [auth] and the key files that it names.
AuthConfig read_auth(Section section);

/// A public key file's content as a key for the algorithm that its type serves: RSA of at least
/// 2048 bits for RS256, P-256 for ES256. Messages speak of "it", the file.
Result<AuthKey> parse_public_key(const std::string& pem);

}  // namespace anabranch::node
