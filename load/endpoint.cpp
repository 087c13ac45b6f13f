#include "load/endpoint.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/url/parse.hpp>

#include <charconv>

namespace anabranch::load {

namespace asio = boost::asio;

namespace {

/// 0 for what is no port.
std::uint16_t read_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() ? port : std::uint16_t{0};
}

tl::unexpected<Error> not_an_endpoint(std::string_view url) {
  return fail(Errc::malformed, "must be an address such as ws://127.0.0.1:8100/v1/sync, is \"" +
                                   std::string(url) + '"');
}

}  // namespace

Result<Endpoint> parse_endpoint_url(std::string_view url) {
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed || parsed->host().empty()) return not_an_endpoint(url);
  Endpoint endpoint;
  endpoint.tls = parsed->scheme() == "wss";
  if (!endpoint.tls && parsed->scheme() != "ws") return not_an_endpoint(url);
  endpoint.host = parsed->host_address();
  endpoint.port = endpoint.tls ? 443 : 80;
  if (parsed->has_port()) {
    endpoint.port = read_port({parsed->port().data(), parsed->port().size()});
    if (endpoint.port == 0) return not_an_endpoint(url);
  }
  endpoint.target = std::string(parsed->encoded_resource());
  if (!endpoint.target.starts_with('/')) endpoint.target.insert(0, 1, '/');
  return endpoint;
}

Result<Endpoint> resolve(Endpoint endpoint) {
  asio::io_context context;
  asio::ip::tcp::resolver resolver(context);
  boost::system::error_code error;
  const auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port), error);
  if (error || found.empty()) {
    return fail(Errc::not_found, endpoint.host + ": there is no such host");
  }
  endpoint.address = found.begin()->endpoint().address().to_string();
  return endpoint;
}

}  // namespace anabranch::load
