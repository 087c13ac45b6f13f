#include "wire/cursor.h"

#include "base/check.h"
#include "wire/base64url.h"
#include "wire/limits.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <utility>

// A cursor is base64url, without padding, of
//
//     version   1 byte: 2
//     generation  the repair generation, a varint
//     entries   each: origin, 8 bytes, the highest first; seq, a varint (7 bits a byte, the lowest
//               first, the high bit set on all but the last byte); origins strictly rising
//     seal      16 bytes: HMAC-SHA256(key, cluster name, 0x00, all that comes before), cut
//
// with key = HMAC-SHA256(secret, "anabranch cursor v1"). Without a secret the key is empty: the
// seal then finds damage, but anyone can make one. A format with more in it gets a new version
// byte; a cursor of a version that a node does not know counts as none, which is always safe.

namespace anabranch::wire {

namespace {

constexpr char format_version = 2;
constexpr std::size_t seal_bytes = 16;
constexpr std::size_t origin_bytes = 8;
constexpr std::size_t max_varint_bytes = 10;
constexpr std::size_t max_cursor_bytes =
    (1 + max_varint_bytes + max_origins * (origin_bytes + max_varint_bytes) + seal_bytes) * 4 / 3 +
    4;

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                          reinterpret_cast<unsigned char*>(mac.data()), &size);
  ANABRANCH_CHECK(made != nullptr && size >= seal_bytes);
  mac.resize(size);
  return mac;
}

void put_varint(std::string& out, std::uint64_t number) {
  for (; number >= 128; number >>= 7) out += static_cast<char>(128 | (number & 127));
  out += static_cast<char>(number);
}

void put_entry(std::string& out, ReplicaId origin, std::uint64_t seq) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(origin.value >> shift & 255);
  put_varint(out, seq);
}

bool take_varint(std::string_view& from, std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    const std::uint64_t bits = byte & 127;
    if (shift == 63 && bits > 1) return false;
    number |= bits << shift;
    if (byte < 128) return byte != 0 || shift == 0;
  }
  return false;
}

bool take_entry(std::string_view& from, ReplicaId& origin, std::uint64_t& seq) {
  if (from.size() < origin_bytes) return false;
  origin.value = 0;
  for (std::size_t i = 0; i < origin_bytes; ++i) {
    origin.value = origin.value << 8 | static_cast<unsigned char>(from[i]);
  }
  from.remove_prefix(origin_bytes);
  return take_varint(from, seq) && seq > 0;
}

std::optional<crdt::VersionVector> read_entries(std::string_view entries) {
  crdt::VersionVector vector;
  std::optional<ReplicaId> last;
  while (!entries.empty()) {
    ReplicaId origin;
    std::uint64_t seq = 0;
    if (!take_entry(entries, origin, seq) || (last && origin <= *last)) return {};
    if (vector.entries().size() == max_origins) return {};
    vector.raise(origin, seq);
    last = origin;
  }
  return vector;
}

}  // namespace

CursorCodec::CursorCodec(std::vector<std::string> secrets, std::string cluster)
    : cluster_(std::move(cluster)) {
  for (const std::string& secret : secrets) {
    if (!secret.empty()) keys_.push_back(hmac_sha256(secret, "anabranch cursor v1"));
  }
}

std::string CursorCodec::seal(const crdt::VersionVector& vector, std::uint64_t generation) const {
  std::string bytes(1, format_version);
  put_varint(bytes, generation);
  std::size_t entries = 0;
  for (const auto& [origin, seq] : vector.entries()) {
    // Knowing less than one does is safe.
    if (++entries > max_origins) break;
    put_entry(bytes, origin, seq);
  }
  bytes += mac(keys_.empty() ? std::string() : keys_.front(), bytes);
  return base64url_encode(bytes);
}

std::optional<Cursor> CursorCodec::open(std::string_view cursor) const {
  if (cursor.size() > max_cursor_bytes) return {};
  const auto bytes = base64url_decode(cursor);
  if (!bytes || bytes->size() < 1 + seal_bytes || bytes->front() != format_version) return {};
  const std::size_t body_bytes = bytes->size() - seal_bytes;
  const std::string_view body = std::string_view(*bytes).substr(0, body_bytes);
  const std::string_view seal = std::string_view(*bytes).substr(body_bytes);
  const auto fits = [&](const std::string& key) {
    return CRYPTO_memcmp(mac(key, body).data(), seal.data(), seal_bytes) == 0;
  };
  bool sealed = keys_.empty() && fits({});
  for (const std::string& key : keys_) sealed = sealed || fits(key);
  if (!sealed) return {};
  std::string_view rest = body.substr(1);
  Cursor opened;
  if (!take_varint(rest, opened.generation)) return {};
  auto vector = read_entries(rest);
  if (!vector) return {};
  opened.vector = *std::move(vector);
  return opened;
}

std::string CursorCodec::mac(const std::string& key, std::string_view body) const {
  std::string text = cluster_;
  text += '\0';
  text += body;
  return hmac_sha256(key, text).substr(0, seal_bytes);
}

}  // namespace anabranch::wire
