#include "node/user_hash.h"

#include <openssl/sha.h>

#include <array>

namespace anabranch::node {

std::string UserHash::operator()(std::string_view user) const {
  constexpr std::size_t shown_bytes = 6;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = cluster_;
  text += '\0';
  text += user;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::string shown;
  for (std::size_t i = 0; i < shown_bytes; ++i) {
    shown += digits[hash[i] >> 4];
    shown += digits[hash[i] & 15];
  }
  return shown;
}

}  // namespace anabranch::node
