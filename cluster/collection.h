#pragma once

#include "cluster/stable_cut.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace anabranch::cluster {

/// The collection of tombstones that have been kept for as long as they have to be.
///
/// A pass walks over those that have. First the user's floor is raised to their versions, for
/// everyone to learn; in a later pass, once every member has a tombstone and such a floor, it goes,
/// and its dot is noted as collected, for everyone to learn too.
struct Collection {
  struct Pass {
    std::uint64_t id = 0;
    std::deque<crdt::Write> found;  ///< tombstones not looked at yet; one answer's at most
    bool asked = true;              ///< an answer is under way
    bool last = false;              ///< nothing follows them
  };

  StableCut cut;
  std::optional<Pass> pass;
  std::uint64_t last_id = 0;
  std::int64_t next_pass_ms = 0;  ///< monotonic
};

}  // namespace anabranch::cluster
