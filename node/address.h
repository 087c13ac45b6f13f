#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::node {

/// A place on the network. `host` is without the brackets that IPv6 is written in.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const HostPort&) const = default;
  std::string to_string() const;  ///< IPv6 in brackets
};

/// "host:port" with IPv6 in brackets. A host is an IP address, a DNS name or "*".
std::optional<HostPort> parse_host_port(std::string_view text);
/// "tcp://host:port".
std::optional<HostPort> parse_endpoint(std::string_view text);

bool is_ip_address(const std::string& host);
/// 127.0.0.0/8, ::1, the first as IPv6, and "localhost".
bool is_loopback(const std::string& host);

}  // namespace anabranch::node
