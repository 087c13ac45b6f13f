#pragma once

#include "base/result.h"
#include "crdt/record.h"

#include <cstddef>
#include <vector>

// From records back to writes, for the answer to a pull.

namespace anabranch::storage {

/// Adds a surviving record to the write of its dot. Records come in the order of the log, so that
/// it is the last write or a new one. Errc::corrupt when the two cannot be of one write.
Result<void> add_to_writes(std::vector<crdt::Write>& writes, const UserId& user,
                           const crdt::Path& path, const crdt::Record& record);

/// A record as a write of its own, whatever else its write has left.
crdt::Write write_of(const UserId& user, const crdt::Path& path, const crdt::Record& record);

/// About how many bytes a write takes on the wire.
std::size_t wire_cost(const crdt::Write& write);

}  // namespace anabranch::storage
