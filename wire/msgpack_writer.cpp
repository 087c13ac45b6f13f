#include "wire/msgpack_writer.h"

#include <msgpack.hpp>

namespace anabranch::wire {

namespace {

struct Appender {
  std::string& out;
  void write(const char* data, std::size_t size) { out.append(data, size); }
};

/// A packer holds nothing but the reference, so making one for each element costs nothing.
class Packer {
 public:
  explicit Packer(std::string& out) : appender_{out}, packer_(appender_) {}
  msgpack::packer<Appender>* operator->() { return &packer_; }

 private:
  Appender appender_;
  msgpack::packer<Appender> packer_;
};

// Sizes are bounded by max_peer_message_bytes long before they reach 32 bits.
std::uint32_t narrow(std::size_t size) { return static_cast<std::uint32_t>(size); }

}  // namespace

void MsgpackWriter::array(std::size_t elements) { Packer(out_)->pack_array(narrow(elements)); }

void MsgpackWriter::uint(std::uint64_t value) { Packer(out_)->pack_uint64(value); }

void MsgpackWriter::integer(std::int64_t value) { Packer(out_)->pack_int64(value); }

void MsgpackWriter::boolean(bool value) {
  Packer packer(out_);
  value ? packer->pack_true() : packer->pack_false();
}

void MsgpackWriter::text(std::string_view value) {
  Packer packer(out_);
  packer->pack_str(narrow(value.size()));
  packer->pack_str_body(value.data(), narrow(value.size()));
}

void MsgpackWriter::bytes(std::string_view value) {
  Packer packer(out_);
  packer->pack_bin(narrow(value.size()));
  packer->pack_bin_body(value.data(), narrow(value.size()));
}

void MsgpackWriter::nil() { Packer(out_)->pack_nil(); }

}  // namespace anabranch::wire
