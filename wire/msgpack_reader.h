#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anabranch::wire {

/// Reads MessagePack element by element, in its order, each with the type and range that it must
/// have. The first thing that is not so makes the reader fail for good: from then on it gives
/// zeros, empty texts and arrays, so that a caller may check once, at the end.
///
/// Texts and bytes are views into the message, which must outlive them.
class MsgpackReader {
 public:
  /// Fails for what is not exactly one MessagePack value, or beyond the limits of peer messages.
  explicit MsgpackReader(std::string_view message);
  ~MsgpackReader();

  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }
  void fail(std::string why);

  /// Begins an array and gives the number of its elements. `what` names it in the problem.
  std::size_t begin_array(const char* what);
  /// True where the array begun last goes on: an element that not every program writes may follow.
  bool has_more() const;
  /// Leaves the array, past elements that were not read.
  void end_array();

  std::uint64_t uint(const char* what, std::uint64_t min, std::uint64_t max);
  std::uint64_t uint(const char* what) { return uint(what, 0, UINT64_MAX); }
  std::int64_t integer(const char* what, std::int64_t min, std::int64_t max);
  bool boolean(const char* what);
  /// Well-formed UTF-8.
  std::string_view text(const char* what, std::size_t min_bytes, std::size_t max_bytes);
  std::string_view bytes(const char* what, std::size_t max_bytes);
  /// True, and past it, where a nil comes next.
  bool skip_nil();

 private:
  struct Tree;  ///< the unpacked message and the place in it

  template <class Accept>
  void take(const char* what, const char* must_be, Accept accept);

  std::unique_ptr<Tree> tree_;
  std::string problem_;
};

}  // namespace anabranch::wire
