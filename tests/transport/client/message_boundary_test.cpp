#include "transport/client/message_boundary.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace anabranch::transport {
namespace {

constexpr unsigned text = 1, continuation = 0, ping = 9;

std::string frame(unsigned opcode, std::size_t size, bool last = true, bool masked = true) {
  std::string bytes(1, static_cast<char>((last ? 0x80 : 0) | opcode));
  const auto add = [&bytes](unsigned value) { bytes += static_cast<char>(value); };
  const unsigned mask = masked ? 0x80 : 0;
  int length_bytes = 0;
  if (size < 126) {
    add(mask | static_cast<unsigned>(size));
  } else if (size < 65536) {
    add(mask | 126);
    length_bytes = 2;
  } else {
    add(mask | 127);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; --i) add(static_cast<unsigned>(size >> (8 * i) & 0xff));
  if (masked) bytes += std::string(4, '\xff');
  return bytes + std::string(size, '\x81');
}

/// After how many bytes, given `piece` by `piece`, the boundary is reached.
std::vector<std::size_t> boundaries(const std::string& bytes, std::size_t piece) {
  MessageBoundary boundary;
  std::vector<std::size_t> reached;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view part = std::string_view(bytes).substr(at, piece);
    boundary.pass(reinterpret_cast<const unsigned char*>(part.data()), part.size());
    if (boundary.is_reached()) reached.push_back(at + part.size());
  }
  return reached;
}

using Ends = std::vector<std::size_t>;

TEST(MessageBoundary, IsReachedWhereAMessageEnds) {
  EXPECT_TRUE(MessageBoundary().is_reached());
  for (const std::size_t size : {0, 1, 125, 126, 300, 65535, 65536, 70000}) {
    for (const bool masked : {true, false}) {
      const std::string one = frame(text, size, true, masked);
      EXPECT_EQ(boundaries(one, 1), (Ends{one.size()})) << size;
      EXPECT_EQ(boundaries(one + one, one.size()), (Ends{one.size(), 2 * one.size()})) << size;
      EXPECT_EQ(boundaries(one + one, 2 * one.size() - 1), (Ends{2 * one.size()})) << size;
    }
  }
}

TEST(MessageBoundary, IsNotReachedBetweenFragments) {
  const std::string begin = frame(text, 3, false);
  const std::string middle = frame(continuation, 0, false);
  const std::string end = frame(continuation, 2);
  const std::string all = begin + middle + end;
  EXPECT_EQ(boundaries(all, 1), (Ends{all.size()}));
}

TEST(MessageBoundary, IsNotReachedByAPingBetweenFragments) {
  const std::string begin = frame(text, 3, false) + frame(ping, 4);
  EXPECT_EQ(boundaries(begin, 1), Ends{});
  const std::string all = begin + frame(continuation, 2);
  EXPECT_EQ(boundaries(all, 1), (Ends{all.size()}));
  const std::string alone = frame(ping, 4);
  EXPECT_EQ(boundaries(alone, 1), (Ends{alone.size()}));
}

}  // namespace
}  // namespace anabranch::transport
