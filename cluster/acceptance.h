#pragma once

#include "crdt/document.h"
#include "wire/client_messages.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace anabranch::cluster {

/// A version further above the user's than this is refused: the writer cannot have received it.
inline constexpr std::uint64_t max_version_lead = std::uint64_t{1} << 20;
/// A timestamp further ahead of this node's clock than this is taken as the clock.
inline constexpr std::int64_t max_timestamp_lead_ms = 10'000;

/// Caps on one user's state; values count, tombstones do not.
struct StateLimits {
  std::uint64_t bytes = 5242880;
  std::uint64_t paths = 10000;
};

/// How a client's write stands to its user's state.
struct Acceptance {
  crdt::Stamp stamp;                   ///< as stored
  std::vector<crdt::Change> to_store;  ///< what neither lost nor stands already
  std::vector<crdt::Change> repeated;  ///< what stands already
  std::vector<crdt::Change> lost;      ///< what a newer write dominates
  /// What can no longer be judged, of a write that stands in part: it lost to a tombstone that has
  /// been collected since.
  std::vector<crdt::Change> withheld;
  std::optional<Dot> standing;  ///< the lowest dot among `repeated`

  bool applied() const { return lost.empty() && withheld.empty(); }
};

/// Gives the write its stamp and judges it. `issued_ms` is the last timestamp that this node gave
/// to a write of this user, raised when it gives one. Changes nothing else; an error is ready to
/// be answered with (its id is left to the caller).
tl::expected<Acceptance, wire::ErrorEvent> judge_write(const crdt::Document& document,
                                                       const wire::WriteRequest& request,
                                                       const StateLimits& limits,
                                                       std::int64_t wall_ms,
                                                       std::int64_t& issued_ms);

}  // namespace anabranch::cluster
