#pragma once

#include "base/ids.h"
#include "crdt/version_vector.h"

#include <cstddef>
#include <optional>
#include <set>

namespace anabranch::cluster {

/// Origins that no member runs, of which all members know the same, and that no record on any of
/// them names: those of disks that are gone. Cursors need not tell of them.
///
/// The vectors between nodes stay whole. A cursor that lacks an origin says that its client may not
/// know that origin's writes, so to leave one out too many costs a repetition and nothing else.
class RetiredOrigins {
 public:
  /// The origins of `durable` that no record on this disk names. `vector`: what this node knew once
  /// that was found, with nothing held beyond it; whoever covers it has what replaced their writes.
  void note_unnamed(crdt::VersionVector origins, crdt::VersionVector vector);

  /// `cut`: what all members have on disk, where that is known. `running`: the ids that they and
  /// this node go by.
  void update(const std::optional<crdt::VersionVector>& cut, const crdt::VersionVector& durable,
              const std::set<ReplicaId>& running);

  /// What a cursor says of `vector` to a client of a user whose deletes up to `collected` are gone:
  /// a cursor has to cover these.
  crdt::VersionVector leave_out_of(const crdt::VersionVector& vector,
                                   const crdt::VersionVector& collected) const;

  std::size_t size() const { return retired_.entries().size(); }

  void reset();

 private:
  struct Unnamed {
    crdt::VersionVector origins;
    crdt::VersionVector vector;
  };
  std::optional<Unnamed> unnamed_;  ///< until the cut covers its vector
  crdt::VersionVector retired_;     ///< with their last seq
};

}  // namespace anabranch::cluster
