#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace anabranch::load {

/// Where a node takes its clients.
struct Endpoint {
  bool tls = false;
  std::string host;     ///< as it was written, for Host and the certificate
  std::string address;  ///< an IP address, once resolved
  std::uint16_t port = 0;
  std::string target;  ///< path and query
};

/// Reads "ws://host:port/path" or "wss://…". Errc::malformed.
Result<Endpoint> parse_endpoint_url(std::string_view url);

/// Asks for the host's address. Errc::not_found.
Result<Endpoint> resolve(Endpoint endpoint);

/// How servers prove who they are, where they speak TLS.
struct TlsSettings {
  std::filesystem::path ca_file;  ///< empty: the machine's own authorities
  bool verify = true;
};

}  // namespace anabranch::load
