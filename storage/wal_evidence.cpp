#include "storage/wal_evidence.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;

// RocksDB's log format (without recycled files and compression, which the store leaves off): blocks
// of 32 KiB, holding fragments of records. A fragment is
//     4  masked CRC-32C of the type and the content, little-endian
//     2  length of the content, little-endian
//     1  type: 1 a whole record, 2 first, 3 middle, 4 last fragment of one
//     …  content
// and a record begins with 8 bytes sequence and 4 bytes count, little-endian.
constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;
constexpr std::size_t record_head_bytes = 12;
enum Fragment : std::uint8_t { whole = 1, first = 2, middle = 3, last = 4 };

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[byte] = crc;
  }
  return table;
}();

std::uint32_t masked_crc(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (const char byte : bytes) {
    crc = crc_table[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
  }
  crc ^= 0xffffffffu;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    number = (number << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

/// Reads one log file's blocks in order.
class LogScanner {
 public:
  void take_block(std::string_view block) {
    while (block.size() >= header_bytes) {
      const std::size_t taken = take_fragment(block);
      if (taken == 0) open_ = false;
      // After damage the next whole fragment may begin at any byte.
      block.remove_prefix(std::max<std::size_t>(taken, 1));
    }
  }

  std::uint64_t proven() const { return proven_; }

 private:
  /// The size of the fragment at the front of `block`, 0 when it is not whole.
  std::size_t take_fragment(std::string_view block) {
    const auto type = static_cast<std::uint8_t>(block[6]);
    const std::size_t length = little_endian(block.substr(4, 2));
    if (type < whole || type > last || length > block.size() - header_bytes) return 0;
    const std::string_view checked = block.substr(6, 1 + length);
    if (masked_crc(checked) != little_endian(block.substr(0, 4))) return 0;
    take_content(type, checked.substr(1));
    return header_bytes + length;
  }

  void take_content(std::uint8_t type, std::string_view content) {
    if (type == whole || type == first) {
      head_.clear();
      open_ = true;
    }
    if (!open_) return;
    head_.append(content.substr(0, record_head_bytes - std::min(record_head_bytes, head_.size())));
    const bool ends = type == whole || type == last;
    if (head_.size() >= record_head_bytes) prove(ends);
    if (ends) open_ = false;
  }

  /// A record that ends is itself there; one that only begins proves the one before it.
  void prove(bool ends) {
    const std::uint64_t sequence = little_endian(std::string_view(head_).substr(0, 8));
    const std::uint64_t count = little_endian(std::string_view(head_).substr(8, 4));
    if (sequence > 0) proven_ = std::max(proven_, sequence - 1 + (ends ? count : 0));
  }

  bool open_ = false;  ///< within a record whose fragments so far were whole
  std::string head_;
  std::uint64_t proven_ = 0;
};

Result<std::uint64_t> scan(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::io, "cannot read " + path.string());
  LogScanner scanner;
  std::vector<char> block(block_bytes);
  while (file) {
    file.read(block.data(), block_bytes);
    scanner.take_block(std::string_view(block.data(), static_cast<std::size_t>(file.gcount())));
  }
  if (file.bad()) return fail(Errc::io, "cannot read " + path.string());
  return scanner.proven();
}

template <class Visit>
void for_each_log(const fs::path& database, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator entry(database, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".log") visit(entry->path());
  }
}

}  // namespace

Result<std::uint64_t> proven_sequence(const fs::path& database) {
  Result<std::uint64_t> proven = 0;
  for_each_log(database, [&proven](const fs::path& path) {
    if (!proven) return;
    auto found = scan(path);
    proven = found ? std::max(*proven, *found) : std::move(found);
  });
  return proven;
}

bool has_write_ahead_log(const fs::path& database) {
  bool found = false;
  for_each_log(database, [&found](const fs::path&) { found = true; });
  return found;
}

}  // namespace anabranch::storage
