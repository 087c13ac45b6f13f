#include "bench/limits/relay_text.h"

#include "wire/base64url.h"
#include "wire/limits.h"
#include "wire/rfc3339.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace anabranch::limits {

namespace {

// ---- JSON

/// After the string that begins at `at`; text.size() where it does not end.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (std::size_t from = at + 1;;) {
    const std::size_t quote = text.find('"', from);
    if (quote == std::string_view::npos) return text.size();
    std::size_t first_backslash = quote;
    while (text[first_backslash - 1] == '\\') --first_backslash;
    if ((quote - first_backslash) % 2 == 0) return quote + 1;
    from = quote + 1;
  }
}

std::size_t after_nested(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char character = text[at];
    if (character == '"') {
      at = after_string(text, at);
      continue;
    }
    ++at;
    if (character == '{' || character == '[') ++depth;
    if ((character == '}' || character == ']') && --depth == 0) return at;
  }
  return text.size();
}

std::size_t after_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  if (text[at] == '"') return after_string(text, at);
  if (text[at] == '{' || text[at] == '[') return after_nested(text, at);
  return std::min(text.size(), text.find_first_of(",}] \t\r\n", at));
}

std::size_t after_space(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t')) ++at;
  return at;
}

/// Calls `take(name, value)` for the members of an object, the value as it is written.
template <class Take>
void for_each_member(std::string_view object, const Take& take) {
  if (!object.starts_with('{')) return;
  std::size_t at = after_space(object, 1);
  while (at < object.size() && object[at] == '"') {
    const std::size_t name_end = after_string(object, at);
    const std::string_view name = object.substr(at + 1, name_end - at - 2);
    const std::size_t value = after_space(object, after_space(object, name_end) + 1);
    const std::size_t value_end = after_value(object, value);
    if (value >= object.size()) return;
    take(name, object.substr(value, value_end - value));
    at = after_space(object, after_space(object, value_end) + 1);
  }
}

std::string_view without_quotes(std::string_view text) {
  return text.size() < 2 ? std::string_view() : text.substr(1, text.size() - 2);
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

// ---- HTTP

/// The value of a header; empty where there is none.
std::string_view header(std::string_view request, std::string_view name) {
  const auto equal = [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? left + ('a' - 'A') : left) == right;
  };
  const auto found = std::search(request.begin(), request.end(), name.begin(), name.end(), equal);
  if (found == request.end()) return {};
  const std::string_view rest = request.substr(found - request.begin() + name.size());
  return rest.substr(0, rest.find("\r\n"));
}

/// RFC 6455, 4.2.2.
std::string accept_text(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::array<unsigned char, 32> base64;
  const int size = EVP_EncodeBlock(base64.data(), hash.data(), hash.size());
  return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(size)};
}

std::int64_t end_of_token_ms(std::string_view seconds_text) {
  constexpr std::int64_t end_of_year_9999 = 253402300799;
  std::int64_t seconds = 0;
  std::from_chars(seconds_text.data(), seconds_text.data() + seconds_text.size(), seconds);
  return std::clamp<std::int64_t>(seconds, 0, end_of_year_9999) * 1000;
}

// ---- WebSocket

constexpr std::size_t mask_bytes = 4;
/// Of each frame with envelopes: none is shorter than 126 bytes or longer than 65,535.
constexpr std::size_t array_header_bytes = 4;
constexpr unsigned char final_text = 0x81;

unsigned char byte_at(const char* bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

void unmask(char* payload, std::size_t size, const char* mask) {
  std::uint64_t wide = 0;
  std::memcpy(&wide, mask, mask_bytes);
  std::memcpy(reinterpret_cast<char*>(&wide) + mask_bytes, mask, mask_bytes);
  std::size_t at = 0;
  for (; at + sizeof wide <= size; at += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload + at, sizeof word);
    word ^= wide;
    std::memcpy(payload + at, &word, sizeof word);
  }
  for (; at < size; ++at) payload[at] = static_cast<char>(payload[at] ^ mask[at % mask_bytes]);
}

ClientFrame::Kind kind_of(unsigned char opcode) {
  switch (opcode) {
    case 1:
      return ClientFrame::Kind::text;
    case 8:
      return ClientFrame::Kind::close;
    case 9:
      return ClientFrame::Kind::ping;
    default:
      return ClientFrame::Kind::other;
  }
}

}  // namespace

std::optional<Upgrade> read_upgrade(std::string_view request) {
  const std::string_view key = header(request, "\r\nsec-websocket-key: ");
  const std::string_view token = header(request, "\r\nauthorization: bearer ");
  const std::string_view protocol = header(request, "\r\nsec-websocket-protocol: ");
  const std::size_t first_dot = token.find('.');
  if (key.empty() || first_dot == std::string_view::npos || protocol != "anabranch.v1.json") {
    return std::nullopt;
  }
  const std::string_view body = token.substr(first_dot + 1);
  const auto claims = wire::base64url_decode(body.substr(0, body.find('.')));
  if (!claims) return std::nullopt;
  Upgrade upgrade;
  for_each_member(*claims, [&upgrade](std::string_view name, std::string_view value) {
    if (name == "sub") upgrade.user = without_quotes(value);
    if (name == "exp") upgrade.expires_at_ms = end_of_token_ms(value);
  });
  if (upgrade.user.empty()) return std::nullopt;
  upgrade.answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Protocol: anabranch.v1.json\r\nSec-WebSocket-Accept: " +
      accept_text(key) + "\r\n\r\n";
  return upgrade;
}

std::optional<ClientFrame> read_frame(char* bytes, std::size_t size) {
  if (size < 2) return ClientFrame{};
  const bool is_whole = (byte_at(bytes, 0) & 0x80) != 0;
  const bool is_masked = (byte_at(bytes, 1) & 0x80) != 0;
  std::size_t length = byte_at(bytes, 1) & 0x7f;
  std::size_t header_bytes = 2 + mask_bytes;
  if (length == 126) {
    if (size < 4) return ClientFrame{};
    length = std::size_t{byte_at(bytes, 2)} << 8 | byte_at(bytes, 3);
    header_bytes += 2;
  }
  // A length of 127 stands for one of 8 bytes, and what takes them is too long.
  if (!is_whole || !is_masked || length > max_client_frame_bytes ||
      (byte_at(bytes, 1) & 0x7f) == 127) {
    return std::nullopt;
  }
  if (size < header_bytes + length) return ClientFrame{};
  char* const payload = bytes + header_bytes;
  unmask(payload, length, payload - mask_bytes);
  return ClientFrame{kind_of(byte_at(bytes, 0) & 0x0f), {payload, length}, header_bytes + length};
}

std::optional<Update> read_update(std::string_view envelope) {
  bool is_update = false;
  std::string_view payload;
  for_each_member(envelope, [&](std::string_view name, std::string_view value) {
    if (name == "event") is_update = value == R"("dashboard.state.update")";
    if (name == "payload") payload = value;
  });
  if (!is_update) return std::nullopt;
  Update update;
  for_each_member(payload, [&update](std::string_view name, std::string_view value) {
    if (name == "path") update.path = value;
    if (name == "value") update.value = value;
    if (name == "sourceTabId") update.tab = value;
    if (name == "id") update.id = value;
  });
  if (update.path.empty() || update.value.empty()) return std::nullopt;
  return update;
}

void Frames::begin_envelope(std::size_t size) {
  if (is_open_ && bytes_.size() - frame_ + size > wire::max_array_bytes - 2) end();
  if (!is_open_) {
    is_open_ = true;
    frame_ = bytes_.size();
    bytes_.append(array_header_bytes, '\0');
    bytes_ += '[';
  } else {
    bytes_ += ',';
  }
}

Frames::Span Frames::add_sync(const Update& update, const Stamp& stamp) {
  constexpr std::size_t around = 256;
  begin_envelope(around + update.path.size() + update.value.size() + update.tab.size());
  const std::size_t begin = bytes_.size();
  bytes_ += R"({"event":"dashboard.state.sync","payload":{"path":)";
  bytes_ += update.path;
  bytes_ += R"(,"value":)";
  bytes_ += update.value;
  bytes_ += R"(,"version":)";
  append_number(bytes_, stamp.version);
  bytes_ += R"(,"timestamp":")";
  bytes_ += stamp.timestamp;
  bytes_ += R"(","sourceTabId":)";
  bytes_ += update.tab.empty() ? std::string_view(R"("none")") : update.tab;
  bytes_ += R"(,"dot":"relay:)";
  append_number(bytes_, stamp.sequence);
  bytes_ += R"("}})";
  return {begin, bytes_.size()};
}

Frames::Span Frames::add_ack(const Update& update, const Stamp& stamp) {
  constexpr std::size_t around = 256;
  begin_envelope(around + update.id.size());
  const std::size_t begin = bytes_.size();
  bytes_ += R"({"event":"dashboard.state.ack","payload":{"id":)";
  bytes_ += update.id;
  bytes_ += R"(,"applied":true,"version":)";
  append_number(bytes_, stamp.version);
  bytes_ += R"(,"timestamp":")";
  bytes_ += stamp.timestamp;
  bytes_ += R"(","durability":"local","dot":"relay:)";
  append_number(bytes_, stamp.sequence);
  bytes_ += R"("}})";
  return {begin, bytes_.size()};
}

void Frames::add(std::string_view envelope) {
  begin_envelope(envelope.size() + 2);
  bytes_ += envelope;
}

void Frames::end() {
  if (!is_open_) return;
  is_open_ = false;
  bytes_ += ']';
  const std::size_t length = bytes_.size() - frame_ - array_header_bytes;
  bytes_[frame_] = static_cast<char>(final_text);
  bytes_[frame_ + 1] = 126;
  bytes_[frame_ + 2] = static_cast<char>(length >> 8);
  bytes_[frame_ + 3] = static_cast<char>(length);
}

void Frames::clear() {
  bytes_.clear();
  is_open_ = false;
}

std::string single_frame(ClientFrame::Kind kind, std::string_view payload) {
  constexpr unsigned char final_close = 0x88;
  constexpr unsigned char final_pong = 0x8a;
  const unsigned char first = kind == ClientFrame::Kind::close  ? final_close
                              : kind == ClientFrame::Kind::ping ? final_pong
                                                                : final_text;
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else {
    frame += char{126};
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  }
  frame += payload;
  return frame;
}

std::string auth_ok(const Upgrade& upgrade, std::string_view time) {
  return R"({"event":"auth.ok","payload":{"userId":")" + upgrade.user +
         R"(","node":"relay","region":"local","expiresAt":")" +
         wire::format_rfc3339(upgrade.expires_at_ms) + R"(","time":")" + std::string(time) +
         R"(","limits":{"updatesPerMinute":0,"burst":0,"maxUpdateBytes":)" +
         std::to_string(max_client_frame_bytes) + "}}}";
}

}  // namespace anabranch::limits
