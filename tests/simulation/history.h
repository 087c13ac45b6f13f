#pragma once

#include "base/ids.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"
#include "tests/simulation/disk_image.h"
#include "tests/simulation/reference_state.h"
#include "wire/client_messages.h"
#include "wire/store_batch.h"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace anabranch::simulation {

/// Everything that any disk has ever held, and everything that any client was ever promised. It
/// outlives crashes and lost disks: it is what the promises are measured by.
class History {
 public:
  /// A write that a client was told is on disk.
  struct Acked {
    UserId user;
    crdt::Stamp stamp;
    std::vector<crdt::Change> changes;
    std::string node;
    std::size_t disk = 0;           ///< which of the node's disks, counted from 0
    bool admitted = true;           ///< the node was when it took it
    std::size_t times_outside = 0;  ///< how often it had lost its admission by then
    bool replicated = false;
    /// Where its node has been drained since: on how many other disks it was when the node was told
    /// to be safe to stop, and how many disks had been lost by then.
    std::size_t holders = 0;
    std::size_t losses = 0;
  };

  /// A batch has reached a disk. Throws where a dot comes to name two writes, or where a node has
  /// a write that its origin never committed. `own`: the replica ids of the disk's node.
  void committed(const std::string& node, const wire::StoreBatch& batch,
                 const std::vector<ReplicaId>& own);

  /// A disk has been known to be this replica's.
  bool knows(ReplicaId replica) const { return nodes_.count(replica) > 0; }

  /// A replica has taken a peer's state to be admitted. Of what it had written itself, under `own`
  /// ids, and the peer had not judged, what its disk holds now counts: the rest is void, for it was
  /// given up or written anew. `judged`: the vector that came with the peer's state.
  void admitted(const std::vector<ReplicaId>& own, const crdt::VersionVector& judged,
                const DiskImage& disk);

  /// A disk has gone back in time. Writes of these origins that no disk knows any more may come
  /// back from a node's memory, or their dots may be given to others; but not both.
  void doubt(const std::set<ReplicaId>& origins, const std::function<bool(Dot)>& is_on_a_disk);

  /// Throws where what is published is not, or not all of, what was committed under its dot.
  void check_published(const std::string& node, const crdt::Write& write) const;

  /// Throws where the vector covers what no origin has written.
  void check_vector(const std::string& node, const crdt::VersionVector& vector) const;

  /// What a node with this vector must show of a user: all writes that it covers, merged.
  ReferenceState covered(const UserId& user, const crdt::VersionVector& vector) const;
  /// Merges the writes that `to` covers and `from` does not into the users' states.
  void merge_between(const crdt::VersionVector& from, const crdt::VersionVector& to,
                     std::map<UserId, ReferenceState>& states) const;
  /// How often what is known of a write has been changed: states merged before are void then.
  std::uint64_t revisions() const { return revisions_; }

  /// Some write would win over it.
  bool is_superseded(const UserId& user, const crdt::Path& path,
                     const ReferenceState::Entry& entry) const;

  using Changes = std::map<crdt::Path, crdt::Payload>;
  /// All changes of the write; none where it is not known.
  const Changes& changes_of(Dot dot) const;

  /// Throws where the disk has a part of a write, and what it lacks was never superseded: only a
  /// node that catches up may hold what survived elsewhere.
  void check_whole(const std::string& node, Dot dot, const DiskImage& disk) const;

  /// Throws where a complete answer is not what the writes that its vector covers give, with what
  /// it tells beyond them; tombstones may have been collected on the disk that it comes from.
  void check_answer(const UserId& user, const wire::Delta& answer, const DiskImage& disk) const;

  std::size_t acked(Acked write);
  void replicated(std::size_t index) { acked_[index].replicated = true; }
  /// A node says that it may go: what it has acked from this disk is on others.
  void handed_over(const std::string& node, std::size_t disk, std::size_t holders,
                   std::size_t losses);
  const std::vector<Acked>& all_acked() const { return acked_; }

  std::size_t writes() const { return writes_.size(); }

 private:
  struct Written {
    UserId user;
    crdt::Stamp stamp;
    Changes changes;
    bool doubtful = false;
    std::set<crdt::Path> void_paths = {};
  };
  void note_put(const std::string& node, const wire::RecordChange& change, bool is_own,
                std::set<Dot>& fresh);
  /// A doubtful write is seen again, or its dot given to another by its origin.
  void settle_doubt(const wire::RecordChange& change, bool is_own);

  std::map<Dot, Written> writes_;
  std::uint64_t revisions_ = 0;
  std::map<ReplicaId, std::string> nodes_;
  std::vector<Acked> acked_;
};

}  // namespace anabranch::simulation
