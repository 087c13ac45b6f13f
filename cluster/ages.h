#pragma once

#include "crdt/version_vector.h"
#include "wire/store_batch.h"

#include <cstdint>
#include <vector>

// How long what is on this disk has been there. Not noted of each record: now and then the node
// notes its vector with the time, and all that a mark covers is at least as old as the mark.

namespace anabranch::cluster {

/// How far apart things are that are done about 20 times in the time of `retention_ms`, between
/// `min_ms` and `max_ms`.
std::int64_t interval_within(std::int64_t retention_ms, std::int64_t min_ms, std::int64_t max_ms);

/// Notes a mark where one is due: about 20 in the time of `retention_ms`, and none while the
/// vector stays as it is. Drops marks that nobody asks for any more. True when it changed `marks`.
/// A mark from the future (the clock was wrong) counts from `now_ms` on.
bool note_age(std::vector<wire::AgeMark>& marks, const crdt::VersionVector& vector,
              std::int64_t now_ms, std::int64_t retention_ms);

/// What has been here for `retention_ms` or longer; null where nothing has.
const crdt::VersionVector* older_than(const std::vector<wire::AgeMark>& marks, std::int64_t now_ms,
                                      std::int64_t retention_ms);

}  // namespace anabranch::cluster
