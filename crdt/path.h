#pragma once

#include "base/result.h"
#include "base/shared_text.h"

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace anabranch::crdt {

/// The longest path as clients write it, and its parts.
inline constexpr std::size_t max_path_bytes = 1024;
inline constexpr std::size_t max_path_segments = 32;
inline constexpr std::size_t max_segment_bytes = 256;

/// An address in a user's state: 1 to 32 segments of 1 to 256 bytes.
///
/// Held as its *key*, one byte string made so that bytewise comparison is the order of paths
/// (segment by segment, canonical indices first and by number, others bytewise, an ancestor before
/// its descendants), and "is an ancestor or the same" is "is a prefix". So a document is a sorted
/// map, and a subtree is a range of it, in memory and on disk alike.
///
/// Each segment is encoded prefix-free:
///     canonical index   0x01, number of digits - 1 (one byte), the digits
///     any other         0x02, the segment's bytes, 0x00   (segments hold no control characters)
class Path {
 public:
  /// Reads a path as clients write it: segments joined by '.', with '\.' and '\\' for literal
  /// dots and backslashes. The error's message says what is wrong and is fit for the client.
  static Result<Path> parse(std::string_view text);

  /// Reads a key, as stored or sent by a peer; Errc::malformed for what neither `parse` nor
  /// `reserved` can produce.
  static Result<Path> from_key(std::string_view key);

  /// A place beside the state, for what nodes note of a user (crdt/horizon.h): one segment that
  /// begins with U+0001, which no client's path can hold. `part`: letters.
  static Path reserved(std::string_view part);

  /// True for such a place.
  bool is_reserved() const;

  std::string_view key() const { return key_; }

  /// The path as clients write it; parse(text()) == *this, but for a reserved one.
  std::string text() const;
  void append_text(std::string& out) const;

  /// True when this path is `other` or one of its ancestors.
  bool covers(const Path& other) const { return other.key().starts_with(key()); }

  std::strong_ordering operator<=>(const Path&) const = default;
  bool operator==(const Path&) const = default;

 private:
  explicit Path(std::string_view key) : key_(key) {}
  SharedText key_;
};

/// A Path's key without the Path: for looking into sorted maps of paths without a copy.
struct PathKeyView {
  std::string_view key;
};
inline bool operator<(const Path& left, PathKeyView right) { return left.key() < right.key; }
inline bool operator<(PathKeyView left, const Path& right) { return left.key < right.key(); }

/// One segment, a view into a Path's key.
struct Segment {
  std::string_view text;  ///< unescaped
  bool is_index = false;  ///< a canonical index: "0" or digits without a leading zero
};

/// Takes the first segment off a key that a Path holds.
Segment take_segment(std::string_view& key);

/// Calls `visit(prefix)` with the key of each proper ancestor of `path`, the shortest first.
template <class Visit>
void for_each_ancestor_key(const Path& path, Visit visit) {
  const std::string_view whole = path.key();
  std::string_view rest = whole;
  while (true) {
    take_segment(rest);
    if (rest.empty()) return;
    visit(whole.substr(0, whole.size() - rest.size()));
  }
}

}  // namespace anabranch::crdt
