#pragma once

#include <cstdint>
#include <optional>
#include <string>

// What texts of the configuration files may be: rules for Section::text.

namespace anabranch::node {

/// What is wrong with a text, nothing when it is right.
using Problem = std::optional<std::string>;

/// Names of nodes and clusters: 1 to 64 of letters, digits, '_', '.' and '-'.
Problem check_name(const std::string& text);
/// A description for people: at most 64 bytes, no control characters.
Problem check_label(const std::string& text);
/// What a node listens on: "address:port" with an IP address or localhost.
Problem check_listen(const std::string& text);
/// "tcp://address:port", to listen on.
Problem check_listen_endpoint(const std::string& text);
/// "tcp://host:port" with a port above 0, to connect to.
Problem check_endpoint(const std::string& text);
/// Z85, 40 characters.
Problem check_curve_key(const std::string& text);
/// "ws://…" or "wss://…".
Problem check_client_url(const std::string& text);
/// What a browser sends as Origin: "https://host" or "https://host:port".
Problem check_origin(const std::string& text);

/// Sockets bind to addresses, not to names: "localhost" is written as 127.0.0.1.
std::string without_localhost(const std::string& checked_listen);

}  // namespace anabranch::node
