#include "transport/peer/curve_keys.h"

#include "base/check.h"
#include "transport/peer/peer_link.h"

#include <zmq.h>

#include <array>
#include <string_view>

namespace anabranch::transport {
namespace {

constexpr std::size_t key_characters = 40;
constexpr std::string_view z85_alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

using KeyText = std::array<char, key_characters + 1>;  // ends with a NUL

}  // namespace

std::optional<RawCurveKey> read_curve_key(const std::string& z85) {
  if (z85.size() != key_characters) return std::nullopt;
  if (z85.find_first_not_of(z85_alphabet) != std::string::npos) return std::nullopt;
  RawCurveKey key{};
  if (zmq_z85_decode(key.data(), z85.c_str()) == nullptr) return std::nullopt;
  return key;
}

CurveKeys make_curve_keys() {
  KeyText public_key{};
  KeyText secret_key{};
  // It fails only where libzmq was built without CURVE, and then nothing here can work.
  ANABRANCH_CHECK(zmq_curve_keypair(public_key.data(), secret_key.data()) == 0);
  return {secret_key.data(), public_key.data()};
}

Result<std::string> curve_public_key(const std::string& secret_key) {
  KeyText public_key{};
  if (!read_curve_key(secret_key) || zmq_curve_public(public_key.data(), secret_key.c_str()) != 0) {
    return fail(Errc::malformed, "a CURVE secret key is 40 characters of Z85; this is none");
  }
  return std::string(public_key.data());
}

}  // namespace anabranch::transport
