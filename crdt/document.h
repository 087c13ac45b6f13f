#pragma once

#include "crdt/horizon.h"
#include "crdt/path.h"
#include "crdt/record.h"
#include "crdt/stamp.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::crdt {

/// How a write at one path stands to what is there.
enum class Verdict {
  wins,      ///< nothing standing dominates it
  repeated,  ///< the same write (path, stamp, content) stands already
  loses,     ///< a standing record at the path or above it dominates it
};

/// One user's state: the set of undominated records, an LWW tree by path.
///
/// q dominates r when q's path is r's or an ancestor of it and q's stamp is greater; at the same
/// path equal stamps are ordered by content, so the order there is total. Dominance is a strict
/// partial order and merge is "union, then drop what is dominated": associative, commutative and
/// idempotent. The state is a function of the set of writes alone, never of their order.
///
/// A value type without clock or I/O; one thread at a time.
class Document {
 public:
  using Records = std::map<Path, Record, std::less<>>;
  using Entry = Records::value_type;

  /// What a merge did, so that disk, digest and clients can follow.
  struct Merged {
    Verdict verdict = Verdict::loses;
    /// What stood at the path and no longer does. With `repeated` it is that record under its
    /// former dot, where the lower origin's dot replaced it.
    std::optional<Record> replaced;
    /// Records below the path that no longer stand.
    std::vector<std::pair<Path, Record>> removed;
    /// True when the record at the path is now the merged one (always with `wins`).
    bool stored = false;
  };

  Verdict judge(const Path& path, const Stamp& stamp, const Payload& payload) const;

  /// Takes a record in. Of equal writes that two nodes took, the lower dot stands.
  Merged merge(const Path& path, Record record);

  /// Takes a record out though nothing has won over it: a tombstone that is collected, or what a
  /// repair knows better. False where there is none. What stood below it under the same stamp
  /// stays.
  bool drop(const Path& path);

  /// What the records of that kind say, together.
  const Horizon& horizon() const { return horizon_; }

  const Record* find(const Path& path) const;

  /// The standing records that dominate such a write, in path order: at its path and above it.
  std::vector<const Entry*> dominators(const Path& path, const Stamp& stamp,
                                       const Payload& payload) const;

  /// The records strictly below `path`, as a range in path order.
  std::pair<Records::const_iterator, Records::const_iterator> below(const Path& path) const;

  /// True when no record stands at `path`, above it or below it.
  bool is_clear(const Path& path) const;

  /// True when the value of a standing record above `path` holds something there.
  /// Costs a walk through that value.
  bool ancestor_value_holds(const Path& path) const;

  const Records& records() const { return records_; }

  /// The user's version: the highest of any write merged, and at least the floor. It never falls.
  std::uint64_t version() const { return std::max(version_, horizon_.floor); }

  /// Of values alone; tombstones and unknown kinds are not the user's to pay for.
  std::size_t value_count() const { return value_count_; }
  std::size_t value_bytes() const { return value_bytes_; }  ///< paths' keys and canonical values
  std::size_t tombstone_count() const { return record_count() - value_count_; }
  /// All records but those of the horizon.
  std::size_t record_count() const { return records_.size() - horizon_records_; }

  /// What one record adds to value_bytes(): 0 unless it is a value.
  static std::size_t cost_of(const Path& path, const Payload& payload);

 private:
  /// Calls `visit(entry)` for each record at a proper ancestor of `path`, the shortest first.
  template <class Visit>
  void for_each_ancestor(const Path& path, Visit visit) const {
    for_each_ancestor_key(path, [&](std::string_view key) {
      const auto found = records_.find(PathKeyView{key});
      if (found != records_.end()) visit(*found);
    });
  }

  Verdict judge(Records::const_iterator own, const Path& path, const Stamp& stamp,
                const Payload& payload) const;
  void count(const Path& path, const Record& record);
  void discount(const Entry& entry);
  void read_horizon();

  Records records_;
  Horizon horizon_;
  std::size_t horizon_records_ = 0;
  std::uint64_t version_ = 0;
  std::size_t value_count_ = 0;
  std::size_t value_bytes_ = 0;
};

}  // namespace anabranch::crdt
