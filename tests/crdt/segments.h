#pragma once

#include "crdt/path.h"

#include <string>
#include <vector>

// Paths as the protocol speaks of them, lists of segments, with escaping and order written out
// plainly: what the encoded keys of crdt::Path are judged by.

namespace anabranch::crdt::testing {

using Segments = std::vector<std::string>;

/// "0", or digits that do not begin with one.
bool is_index(const std::string& segment);

/// The order of paths: segment by segment, indices first and by number, others bytewise.
bool segments_less(const Segments& left, const Segments& right);

/// True when `upper` is `lower` or one of its ancestors.
bool is_prefix(const Segments& upper, const Segments& lower);

/// As a client writes it.
std::string text_of(const Segments& segments);

/// The path, which must be a valid one.
Path path_of(const Segments& segments);

}  // namespace anabranch::crdt::testing
