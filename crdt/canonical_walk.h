#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Steps over canonical JSON (JCS) without parsing it. Only for text that wire/ has produced: the
// form is then known exactly (no spaces, keys quoted and escaped in one way), so members can be
// told apart by matching quotes and brackets, and keys are equal when their escaped forms are. No
// number or value is ever interpreted here.

namespace anabranch::crdt {

enum class CanonicalKind { object, array, scalar };

CanonicalKind kind_of_canonical(std::string_view text);

/// The members of a canonical object, in its order: quoted keys and values, views into `text`.
std::vector<std::pair<std::string_view, std::string_view>> members_of(std::string_view text);

/// The elements of a canonical array, views into `text`.
std::vector<std::string_view> elements_of(std::string_view text);

/// A path segment as JCS writes it as an object key, quotes included. (Segments hold no control
/// characters, so only quotes and backslashes are escaped.)
std::string quoted_key(std::string_view segment);

/// JCS's order of object keys, given quoted: by the UTF-16 code units of what they spell.
struct CanonicalKeyLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const;
};

/// What a canonical value holds at `key` (the rest of a Path's key; empty: the value itself).
std::optional<std::string_view> find_in_canonical(std::string_view text, std::string_view key);

}  // namespace anabranch::crdt
