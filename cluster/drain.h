#pragma once

#include "crdt/version_vector.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace anabranch::cluster {

/// A node on its way out: it takes no writes, and waits for the others to have what it has.
struct Drain {
  std::int64_t since_ms = 0;     ///< monotonic
  crdt::VersionVector accepted;  ///< what it knew when it stopped taking writes, on disk or not
};

/// How far a draining node has come (Replica::drain_progress).
struct DrainProgress {
  struct Peer {
    std::string name;
    bool heard = false;  ///< it has answered since the drain began, and its heartbeats come
    /// Writes of this node's vector, of all origins, that it has not on disk; not known before its
    /// first word.
    std::optional<std::uint64_t> lacking_writes;
    /// It may lack records that this node holds beyond its vector.
    bool lacks_untold = false;

    bool has_everything() const;
  };

  bool draining = false;
  bool settled = false;  ///< what it has accepted is on its own disk
  std::vector<Peer> peers;

  /// Whether the node may go: it drains, and each peer but `except`, who are not waited for, has on
  /// disk everything that this node has.
  bool is_complete(const std::vector<std::string>& except = {}) const;
};

}  // namespace anabranch::cluster
