#include "node/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace anabranch::node {

namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

std::optional<in6_addr> parse_ipv6(const std::string& host) {
  in6_addr address{};
  if (::inet_pton(AF_INET6, host.c_str(), &address) != 1) return {};
  return address;
}

bool is_dns_name(std::string_view host) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  // All digits and dots, but no IPv4 address: a slip, not a name.
  const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return !numeric && std::all_of(host.begin(), host.end(), allowed);
}

/// One way of writing each: a leading zero means octal to some.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return {};
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return port;
}

}  // namespace

std::string HostPort::to_string() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return {};
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!parse_ipv6(host)) return {};
  } else if (host != "*" && !is_ipv4(host) && !is_dns_name(host)) {
    return {};
  }
  return HostPort{std::move(host), *port};
}

std::optional<HostPort> parse_endpoint(std::string_view text) {
  constexpr std::string_view scheme = "tcp://";
  if (!text.starts_with(scheme)) return {};
  return parse_host_port(text.substr(scheme.size()));
}

bool is_ip_address(const std::string& host) { return is_ipv4(host) || parse_ipv6(host); }

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  if (is_ipv4(host)) return host.starts_with("127.");
  const auto address = parse_ipv6(host);
  if (!address) return false;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&*address) && address->s6_addr[12] == 127;
  return mapped || IN6_IS_ADDR_LOOPBACK(&*address);
}

}  // namespace anabranch::node
