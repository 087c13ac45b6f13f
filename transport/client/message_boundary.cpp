#include "transport/client/message_boundary.h"

#include <algorithm>

namespace anabranch::transport {
namespace {

// RFC 6455, 5.2.
constexpr unsigned is_final = 0x80;
constexpr unsigned is_control = 0x08;
constexpr unsigned is_masked = 0x80;
constexpr unsigned length_bits = 0x7f;
constexpr std::size_t mask_bytes = 4;

std::size_t length_bytes(unsigned second) {
  const unsigned length = second & length_bits;
  return length == 126 ? 2 : length == 127 ? 8 : 0;
}

std::size_t header_bytes(unsigned second) {
  return 2 + length_bytes(second) + ((second & is_masked) != 0 ? mask_bytes : 0);
}

}  // namespace

void MessageBoundary::pass(const unsigned char* data, std::size_t size) {
  while (size > 0) {
    if (payload_left_ > 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, size));
      payload_left_ -= passed;
      data += passed;
      size -= passed;
      continue;
    }
    if (header_size_ < sizeof header_) header_[header_size_] = *data;
    ++header_size_;
    ++data;
    --size;
    if (header_size_ >= 2 && header_size_ == header_bytes(header_[1])) begin_payload();
  }
}

void MessageBoundary::begin_payload() {
  payload_left_ = header_[1] & length_bits;
  if (const std::size_t bytes = length_bytes(header_[1]); bytes > 0) {
    payload_left_ = 0;
    for (std::size_t i = 0; i < bytes; ++i) payload_left_ = payload_left_ << 8 | header_[2 + i];
  }
  if ((header_[0] & is_control) == 0) in_message_ = (header_[0] & is_final) == 0;
  header_size_ = 0;
}

}  // namespace anabranch::transport
