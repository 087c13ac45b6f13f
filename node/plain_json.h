#pragma once

#include <string>

namespace boost::json {
class value;
}

namespace anabranch::node {

/// JSON as people write it: a double is the shortest decimal that reads back as itself, with a
/// point (1.543, 0.0), where Boost.JSON would write 1.543E0. What JSON has no number for is null.
std::string plain_json(const boost::json::value& value);

}  // namespace anabranch::node
