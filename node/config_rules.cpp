#include "node/config_rules.h"

#include "base/utf8.h"
#include "node/address.h"

#include <algorithm>
#include <string_view>

namespace anabranch::node {

namespace {

constexpr std::string_view letters_and_digits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool only_of(std::string_view text, const std::string& alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

std::string but_is(const std::string& text) { return ", is \"" + text + '"'; }

bool is_bindable(const std::string& host) { return is_ip_address(host) || host == "localhost"; }

/// What follows the scheme up to the path; empty where the text is no such URL.
std::string authority_of(const std::string& url, std::string_view scheme) {
  if (!url.starts_with(scheme)) return {};
  const std::string rest = url.substr(scheme.size());
  return rest.substr(0, rest.find_first_of("/?#"));
}

bool is_authority(const std::string& text) {
  return parse_host_port(text) || parse_host_port(text + ":0");
}

bool has_space(const std::string& text) {
  return text.find(' ') != std::string::npos || has_control_character(text);
}

}  // namespace

Problem check_name(const std::string& text) {
  if (!text.empty() && text.size() <= 64 && only_of(text, std::string(letters_and_digits) + "_.-"))
    return {};
  return "must be 1 to 64 letters, digits, '_', '.' or '-'" + but_is(text);
}

Problem check_label(const std::string& text) {
  if (text.size() <= 64 && !has_control_character(text)) return {};
  return "must be at most 64 bytes without control characters";
}

Problem check_listen(const std::string& text) {
  const auto place = parse_host_port(text);
  if (place && is_bindable(place->host)) return {};
  return "must be an IP address and a port from 0 to 65535 such as 127.0.0.1:8101 or [::1]:8101" +
         but_is(text);
}

Problem check_listen_endpoint(const std::string& text) {
  const auto place = parse_endpoint(text);
  if (place && (is_bindable(place->host) || place->host == "*")) return {};
  return "must be an endpoint with an IP address and a port from 0 to 65535 such as "
         "tcp://127.0.0.1:7101" +
         but_is(text);
}

Problem check_endpoint(const std::string& text) {
  const auto place = parse_endpoint(text);
  if (place && place->host != "*" && place->port != 0) return {};
  return "must be an endpoint with a port from 1 to 65535 such as tcp://node.example:7101" +
         but_is(text);
}

Problem check_curve_key(const std::string& text) {
  const bool z85 = only_of(text, std::string(letters_and_digits) + ".-:+=^!/*?&<>()[]{}@%$#");
  if (text.size() == 40 && z85) return {};
  return "must be the 40 characters that `anabranch keygen` prints, has " +
         std::to_string(text.size()) + (z85 ? "" : " and not only such that a key may have");
}

Problem check_client_url(const std::string& text) {
  const bool url =
      is_authority(authority_of(text, "ws://")) || is_authority(authority_of(text, "wss://"));
  if (url && !has_space(text)) return {};
  return "must be a WebSocket URL such as wss://node.example/v1/sync" + but_is(text);
}

Problem check_origin(const std::string& text) {
  const std::size_t scheme_end = text.find("://");
  const bool right = scheme_end != std::string::npos && scheme_end > 0 &&
                     is_authority(text.substr(scheme_end + 3)) && !has_space(text);
  if (right) return {};
  return "must be an origin as browsers send it, such as https://app.example, without a path; an "
         "empty list allows any" +
         but_is(text);
}

std::string without_localhost(const std::string& checked_listen) {
  constexpr std::string_view name = "localhost:";
  const std::size_t at = checked_listen.find(name);
  if (at == std::string::npos) return checked_listen;
  return checked_listen.substr(0, at) + "127.0.0.1:" + checked_listen.substr(at + name.size());
}

}  // namespace anabranch::node
