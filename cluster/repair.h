#pragma once

#include "base/hash.h"
#include "base/ids.h"
#include "cluster/replica_io.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"
#include "wire/peer_messages.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace anabranch::cluster {

/// How it stood when a scrub began, for what its findings tell of the log's ends.
struct ScrubStart {
  std::uint64_t beyond_raises = 0;  ///< Ledger::beyond_raises()
  bool was_still = false;           ///< all was durable
  crdt::VersionVector durable;
};

/// Why this node may have to mend its state. There are two ways to find out:
///
/// - A scrub reads all records and finds that they are not those that were written: the damage is
///   here. The records of the buckets concerned are replaced by those of a peer that knows as much,
///   but for what that peer cannot know yet. Until then this node tells that it is damaged, and
///   nobody takes its records for a repair.
/// - Digests differ at equal vectors though both nodes believe in their records: each takes what
///   the other has and merges it, which leaves both with the same.
struct RepairNeeds {
  std::int64_t next_scrub_ms = 0;                ///< monotonic
  std::optional<ScrubStart> scrub;               ///< under way, and nothing has made it doubtful
  std::map<std::size_t, Uint128> stale_buckets;  ///< to be read anew from the disk
  crdt::VersionVector damaged_at;                ///< what a peer must know to mend a damage
  std::set<std::string> diverged_from;           ///< peers, by name
};

/// A repair or an admission under way: the answer to one RepairPull, taken in user by user.
struct Repair {
  enum class Kind {
    merge,      ///< both believe in their records: each takes what the other has
    replace,    ///< the damage is here: what differs goes
    admission,  ///< this replica's whole state becomes the peer's, and what it alone holds is new
  };
  /// A repair without a new piece for this long is given up.
  static constexpr std::int64_t stall_ms = 5000;
  /// Pieces that may be on their way.
  static constexpr std::uint32_t credit = 4;
  /// The records of one user that may gather here. Past it the repair is given up: no state that
  /// nodes take is as large.
  static constexpr std::size_t max_user_bytes = std::size_t{256} << 20;

  std::string peer;
  std::uint64_t id = 0;
  Kind kind = Kind::merge;
  crdt::VersionVector theirs;  ///< what the peer surely judged
  wire::Standing standing;     ///< the peer's, where its answer has begun
  std::uint64_t next_index = 0;
  std::int64_t progress_ms = 0;

  std::deque<wire::PullPiece> pieces;  ///< arrived, not taken in yet; at most `credit`
  std::size_t taken = 0;               ///< writes of the first piece
  UserId user;                         ///< whose records are gathered; empty: none
  std::vector<crdt::Write> records;    ///< of the user, so far
  std::size_t record_bytes = 0;

  // Of an admission: users that this disk holds and the answer has not reached yet. Those that it
  // passes over are users of whom the peer has nothing.
  std::set<ReplicaId> own_ids;  ///< this replica's since it is not admitted
  Ticket list_after = 0;        ///< they are listed once this commit is on disk
  std::deque<UserId> own_users;
  UserId listed_to;
  crdt::VersionVector beyond;  ///< the highest dots of what the peer's vector does not cover
  bool is_listing = false;
  bool all_listed = false;
};

}  // namespace anabranch::cluster
