// Paths as clients write them and keys as peers and disks give them. The input is lines: each is
// read as both, and those that are paths are compared with each other.

#include "crdt/path.h"

#include "tests/crdt/segments.h"
#include "tests/fuzz/require.h"

#include <string>
#include <vector>

namespace anabranch::fuzz {

namespace {

using crdt::Path;
namespace plain = crdt::testing;

/// A bound for the comparison of each with each.
constexpr std::size_t max_paths = 16;

plain::Segments segments_of(const Path& path) {
  plain::Segments segments;
  for (std::string_view rest = path.key(); !rest.empty();) {
    const crdt::Segment segment = crdt::take_segment(rest);
    segments.emplace_back(segment.text);
    FUZZ_REQUIRE(segment.is_index == plain::is_index(segments.back()));
  }
  return segments;
}

void check(const Path& path) {
  const std::string text = path.text();
  // A reserved place can be a key, but nothing that a client can name.
  const auto again = Path::parse(text);
  FUZZ_REQUIRE(path.is_reserved() ? !again : again && *again == path);
  const auto from_key = Path::from_key(path.key());
  FUZZ_REQUIRE(from_key && *from_key == path);

  const plain::Segments segments = segments_of(path);
  FUZZ_REQUIRE(!segments.empty() && segments.size() <= crdt::max_path_segments);
  for (const std::string& segment : segments) {
    FUZZ_REQUIRE(!segment.empty() && segment.size() <= crdt::max_segment_bytes);
    FUZZ_REQUIRE(segment != "__proto__");
  }
  FUZZ_REQUIRE(text.size() <= crdt::max_path_bytes && text == plain::text_of(segments));

  std::size_t ancestors = 0;
  crdt::for_each_ancestor_key(path, [&](std::string_view key) {
    ++ancestors;
    const auto ancestor = Path::from_key(key);
    FUZZ_REQUIRE(ancestor && ancestor->covers(path) && *ancestor < path);
    FUZZ_REQUIRE(segments_of(*ancestor).size() == ancestors);
  });
  FUZZ_REQUIRE(ancestors + 1 == segments.size());
}

void compare(const Path& left, const Path& right) {
  const plain::Segments left_segments = segments_of(left);
  const plain::Segments right_segments = segments_of(right);
  FUZZ_REQUIRE((left < right) == plain::segments_less(left_segments, right_segments));
  FUZZ_REQUIRE((left == right) == (left_segments == right_segments));
  FUZZ_REQUIRE(left.covers(right) == plain::is_prefix(left_segments, right_segments));
}

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  std::vector<crdt::Path> paths;
  for (std::string_view rest = fuzz::text_of(data, size); !rest.empty();) {
    const std::string_view line = fuzz::take_until(rest, '\n');
    if (const auto path = crdt::Path::parse(line)) {
      FUZZ_REQUIRE(path->text() == line);
      paths.push_back(*path);
    }
    if (const auto path = crdt::Path::from_key(line)) {
      FUZZ_REQUIRE(path->key() == line);
      paths.push_back(*path);
    }
    if (paths.size() >= fuzz::max_paths) break;
  }
  for (const crdt::Path& left : paths) {
    fuzz::check(left);
    for (const crdt::Path& right : paths) fuzz::compare(left, right);
  }
  return 0;
}
