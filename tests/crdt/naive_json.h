#pragma once

#include "segments.h"

#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace anabranch::crdt::testing {

/// JCS (RFC 8785) of a value whose numbers are integers: keys by UTF-16 code units, nothing but
/// what must be escaped is.
std::string canonical_text(const boost::json::value& value);

/// What `value` holds below it at `path` (empty: the value itself), or null.
const boost::json::value* look_up(const boost::json::value& value, const Segments& path);

/// A segment as an index of an array, if it is one that an array in a test may have.
std::optional<std::size_t> small_index(const std::string& segment);

}  // namespace anabranch::crdt::testing
