#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "crdt/version_vector.h"
#include "wire/store_batch.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace anabranch::storage {

/// The answer to a pull, piece by piece, from one snapshot of the store. Move it between threads
/// freely, use it on one at a time; destroy it before its store, and before Store::recover.
class PullCursor {
 public:
  virtual ~PullCursor() = default;

  struct Piece {
    std::vector<crdt::Write> writes;
    bool last = false;
  };
  /// Writes that the asker lacks, whole ones, until they hold `max_bytes` or more. In the order
  /// of their dots. After the last piece it must not be called again.
  virtual Result<Piece> next(std::size_t max_bytes) = 0;

  /// The store's version vector in the same snapshot.
  virtual const crdt::VersionVector& vector() const = 0;
};

/// A node's durable state: records, their log (an index by dot) and meta. Knows nothing of
/// conflicts: the replica decides, the store keeps.
///
/// `commit` is called by one thread; `load_user`, `open_pull` and `recover` by one other. The two
/// may run at the same time, but for `recover`, during which nothing else is called.
class Store {
 public:
  virtual ~Store() = default;

  /// What the store held when it was opened, or last recovered.
  virtual wire::StoreState state() const = 0;

  /// All records of a user, in path order; empty for an unknown user.
  virtual Result<wire::UserRecords> load_user(const UserId& user) const = 0;

  /// Writes the batch atomically and returns when it is fsynced. An error means "unknown": the
  /// batch may still be found after `recover`. From then on every commit fails until then.
  virtual Result<void> commit(const wire::StoreBatch& batch) = 0;

  /// Everything that `vector` does not cover, of all origins, beyond the store's own vector too.
  virtual Result<std::unique_ptr<PullCursor>> open_pull(
      const crdt::VersionVector& vector) const = 0;

  /// Takes the store back into use after a failed commit (a disk that was full and has space
  /// again) and proves it by a durable write. On success `state` is what the disk really holds.
  virtual Result<void> recover() = 0;
};

}  // namespace anabranch::storage
