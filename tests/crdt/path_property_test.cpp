#include "crdt/path.h"
#include "histories.h"
#include "segments.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace anabranch::crdt::testing {
namespace {

rc::Gen<std::string> text_from(const std::vector<std::string>& pieces, std::size_t most) {
  return rc::gen::map(rc::gen::mapcat(rc::gen::inRange<std::size_t>(1, most + 1),
                                      [pieces](std::size_t count) {
                                        return rc::gen::container<std::vector<std::string>>(
                                            count, rc::gen::elementOf(pieces));
                                      }),
                      [](const std::vector<std::string>& chosen) {
                        std::string text;
                        for (const std::string& piece : chosen) text += piece;
                        return text;
                      });
}

/// Segments of every sort; those that look alike in one way or another are frequent.
rc::Gen<std::string> wide_segment() {
  const std::vector<std::string> digits = {"0", "1", "9"};
  const std::vector<std::string> letters = {"a", "b", "0",  "1",      ".",      "\\",
                                            " ", "!", "\"", "\u00e9", "\uffff", "\U0001f600"};
  return rc::gen::oneOf(text_from(digits, 3), text_from(digits, 40), text_from(letters, 3),
                        text_from(letters, 12), any_segment());
}

rc::Gen<Segments> wide_path() {
  return rc::gen::mapcat(
      rc::gen::weightedElement<std::size_t>({{3, 1}, {3, 2}, {2, 3}, {1, 8}}),
      [](std::size_t size) { return rc::gen::container<Segments>(size, wide_segment()); });
}

/// A path and another that often shares its beginning.
rc::Gen<std::pair<Segments, Segments>> two_paths() {
  return rc::gen::mapcat(wide_path(), [](const Segments& first) {
    const auto branch = rc::gen::map(
        rc::gen::pair(rc::gen::inRange<std::size_t>(0, first.size() + 1), wide_path()),
        [first](const std::pair<std::size_t, Segments>& cut) {
          Segments second(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(cut.first));
          second.insert(second.end(), cut.second.begin(), cut.second.end());
          return second;
        });
    const auto ancestor =
        rc::gen::map(rc::gen::inRange<std::size_t>(1, first.size() + 1), [first](std::size_t size) {
          return Segments(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(size));
        });
    return rc::gen::pair(rc::gen::just(first), rc::gen::oneOf(branch, ancestor, wide_path()));
  });
}

RC_GTEST_PROP(PathProperty, TextAndKeyRoundTrip, ()) {
  const Segments segments = *wide_path();
  const auto path = Path::parse(text_of(segments));
  RC_ASSERT(path.has_value());
  RC_ASSERT(path->text() == text_of(segments));
  RC_ASSERT(Path::from_key(path->key()).value() == *path);
  std::string_view rest = path->key();
  for (const std::string& segment : segments) {
    const Segment taken = take_segment(rest);
    RC_ASSERT(taken.text == segment);
    RC_ASSERT(taken.is_index == is_index(segment));
  }
  RC_ASSERT(rest.empty());
}

RC_GTEST_PROP(PathProperty, KeysOrderAsPathsDo, ()) {
  const auto [left, right] = *two_paths();
  RC_ASSERT((path_of(left) < path_of(right)) == segments_less(left, right));
  RC_ASSERT((path_of(right) < path_of(left)) == segments_less(right, left));
  RC_ASSERT((path_of(left) == path_of(right)) == (left == right));
}

RC_GTEST_PROP(PathProperty, CoversIsThePrefixOrderOfSegments, ()) {
  const auto [left, right] = *two_paths();
  RC_ASSERT(path_of(left).covers(path_of(right)) == is_prefix(left, right));
  RC_ASSERT(path_of(right).covers(path_of(left)) == is_prefix(right, left));
}

RC_GTEST_PROP(PathProperty, AncestorKeysAreThoseOfTheShorterPaths, ()) {
  const Segments segments = *wide_path();
  std::size_t size = 0;
  for_each_ancestor_key(path_of(segments), [&](std::string_view key) {
    const auto end = segments.begin() + static_cast<std::ptrdiff_t>(++size);
    RC_ASSERT(key == path_of(Segments(segments.begin(), end)).key());
  });
  RC_ASSERT(size + 1 == segments.size());
}

/// What any bytes must do: be refused, or be exactly the key of a path that parses.
void expect_refused_or_exact(const std::string& key) {
  const auto path = Path::from_key(key);
  if (!path) {
    RC_ASSERT(path.error().code == Errc::malformed);
    return;
  }
  RC_ASSERT(path->key() == key);
  if (path->is_reserved()) return;  // no client can spell it
  RC_ASSERT(Path::parse(path->text()).value().key() == key);
}

RC_GTEST_PROP(PathProperty, FromKeyRefusesDamagedKeys, ()) {
  std::string key(path_of(*wide_path()).key());
  const int faults = *rc::gen::inRange(1, 4);
  for (int i = 0; i < faults && !key.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, key.size());
    const char byte = *rc::gen::oneOf(rc::gen::element('\0', '\x01', '\x02', '0', '9', '\xff'),
                                      rc::gen::arbitrary<char>());
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        key[at] = byte;
        break;
      case 1:
        key.insert(at, 1, byte);
        break;
      case 2:
        key.erase(at, 1);
        break;
      case 3:
        key.resize(at);
        break;
      default:
        key += key.substr(at);
        break;
    }
  }
  expect_refused_or_exact(key);
}

RC_GTEST_PROP(PathProperty, FromKeyRefusesRandomBytes, ()) {
  expect_refused_or_exact(*rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::element('\0', '\x01', '\x02', '0', 'a'), rc::gen::arbitrary<char>())));
}

RC_GTEST_PROP(PathProperty, ParseRefusesOrTakesWhateverItIsSent, ()) {
  const std::string text = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::element('.', '\\', '0', 'a', '\n'), rc::gen::arbitrary<char>()));
  const auto path = Path::parse(text);
  if (path) RC_ASSERT(path->text() == text);
}

}  // namespace
}  // namespace anabranch::crdt::testing
