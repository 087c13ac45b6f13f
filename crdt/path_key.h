#pragma once

#include "base/result.h"

#include <string_view>

namespace anabranch::crdt {

/// Whether Path::from_key would take this key, without making the Path.
Result<void> check_path_key(std::string_view key);

}  // namespace anabranch::crdt
