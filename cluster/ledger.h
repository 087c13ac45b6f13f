#pragma once

#include "crdt/digest.h"
#include "crdt/document.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"
#include "wire/store_batch.h"

#include <memory>
#include <set>
#include <vector>

namespace anabranch::cluster {

/// What this node knows, twice: as it stands in memory (staged) and as it stands on disk
/// (durable). Merges writes into documents and writes down, in one StoreBatch, everything that the
/// disk must change for it: records, log, version vector, digests, totals.
class Ledger {
 public:
  explicit Ledger(wire::StoreState state);

  ReplicaId replica() const { return staged_.replica; }
  const crdt::VersionVector& vector() const { return staged_.vector; }
  /// Per origin, the highest dot held that the vector does not cover.
  const crdt::VersionVector& beyond() const { return staged_.beyond; }
  const wire::StoreState& durable() const { return durable_; }

  /// Takes a new replica id; the writes after it are that replica's.
  void mint(ReplicaId replica);

  /// Merges `write` into its user's document. `advance`: its dot is the next of its origin, and
  /// the vector covers it from now on; otherwise it is held beyond the vector. Returns the changes
  /// that won.
  std::vector<crdt::Change> apply(crdt::Document& document, const crdt::Write& write, bool advance);

  /// Takes a record out of a user's state though nothing has won over it (a repair).
  void drop(crdt::Document& document, const UserId& user, const crdt::Path& path);
  /// Takes out a tombstone that nobody needs any more.
  void collect(crdt::Document& document, const UserId& user, const crdt::Path& path);

  /// What is staged of it; on disk after the next commit.
  const wire::Standing& standing() const { return staged_.standing; }
  void set_standing(wire::Standing standing);

  const std::vector<wire::AgeMark>& ages() const { return staged_.ages; }
  void set_ages(std::vector<wire::AgeMark> ages);

  /// The records on disk are not those that were written: digest and totals tell from now on of
  /// what is there, and the state is marked as damaged until `mended`.
  void correct(const wire::ScrubFindings& findings);
  void mended();
  /// Marked, on disk, and not mended in the batch to come.
  bool is_damaged() const { return durable_.damaged && staged_.damaged; }

  /// Joins a peer's vector: everything it covers is known.
  void join(const crdt::VersionVector& vector);
  /// How often a record was taken in beyond the vector, or what is held so was replaced as a whole.
  std::uint64_t beyond_raises() const { return beyond_raises_; }

  /// The highest seq of each origin that a record on the disk names: what is held beyond the vector
  /// may have been replaced since, and is known anew. Only where all is durable, and was when the
  /// ends were asked for, and beyond_raises() is what it was then.
  void know_log_ends(const crdt::VersionVector& ends);

  /// Takes a peer's vector in place of this one, but for the writes of these origins. `beyond`: per
  /// origin, the highest dot of what is held of the peer's records and not covered by that vector.
  void know_no_more_than(const crdt::VersionVector& vector, const std::set<ReplicaId>& but,
                         crdt::VersionVector beyond);

  bool has_changes() const { return !batch_.empty(); }

  /// What is staged beyond the last batch taken. The caller commits it and then says `settled`.
  struct Staged {
    std::shared_ptr<const wire::StoreBatch> batch;  ///< shared with whoever writes it
    crdt::VersionVector beyond;
  };
  Staged take();

  /// The batch is on disk.
  void settled(const Staged& staged);

  /// Forgets all that is not durable: a commit has failed. A new replica id stays, staged again,
  /// and so does the loss of its admission: what they were for still holds.
  void roll_back();

  /// The disk was read anew. What stays when rolled back stays here too; what a failed commit has
  /// brought to the disk after all, an admission too, is taken for done.
  void reset(wire::StoreState state);

 private:
  void erase(const UserId& user, crdt::Path path, crdt::Record record);
  void put(const UserId& user, crdt::Path path, crdt::Record record);
  void account(const UserId& user, const crdt::Path& path, const crdt::Record& record, int sign);
  void forget_covered_beyond();
  void go_back_to(wire::StoreState state);

  wire::StoreState staged_;
  wire::StoreState durable_;
  std::uint64_t beyond_raises_ = 0;
  wire::StoreBatch batch_;
};

}  // namespace anabranch::cluster
