// Cursors as clients give them back. The input is taken as a cursor, and as what lies beneath a
// cursor's seal: a cluster without a secret lets anyone make one.

#include "wire/cursor.h"

#include "tests/fuzz/require.h"
#include "wire/base64url.h"
#include "wire/limits.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

namespace anabranch::fuzz {

namespace {

constexpr std::string_view cluster = "fuzz";
constexpr std::size_t seal_bytes = 16;

/// A cursor of these bytes as a node without a secret would seal it.
std::string sealed(std::string_view body) {
  std::string text(cluster);
  text += '\0';
  text += body;
  unsigned char mac[EVP_MAX_MD_SIZE] = {};
  unsigned int size = 0;
  HMAC(EVP_sha256(), "", 0, reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac,
       &size);
  std::string bytes(body);
  bytes.append(reinterpret_cast<const char*>(mac), seal_bytes);
  return wire::base64url_encode(bytes);
}

void check(const wire::CursorCodec& codec, std::string_view cursor) {
  const auto opened = codec.open(cursor);
  if (!opened) return;
  FUZZ_REQUIRE(opened->vector.entries().size() <= wire::max_origins);
  for (const auto& [origin, seq] : opened->vector.entries()) FUZZ_REQUIRE(seq > 0);
  FUZZ_REQUIRE(codec.seal(opened->vector, opened->generation) == cursor);
}

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  static const wire::CursorCodec secret({"a secret of the cluster"}, std::string(fuzz::cluster));
  static const wire::CursorCodec open({}, std::string(fuzz::cluster));
  const std::string_view input = fuzz::text_of(data, size);
  fuzz::check(secret, input);
  fuzz::check(open, input);
  const std::string made = fuzz::sealed(input);
  fuzz::check(open, made);
  FUZZ_REQUIRE(!secret.open(made));
  return 0;
}
