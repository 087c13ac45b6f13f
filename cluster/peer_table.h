#pragma once

#include "base/duration_counts.h"
#include "base/time.h"
#include "crdt/version_vector.h"
#include "wire/peer_messages.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {

/// A peer without a heartbeat for this long counts as not connected.
inline constexpr std::int64_t heartbeat_limit_ms = 5000;

/// Another member of the cluster, by the cluster file.
struct Member {
  std::string name;
  std::string region;
};

/// What this node knows of one other member.
struct Peer {
  Member member;
  std::optional<wire::NodeReport> report;      ///< its latest word, by whichever link
  std::optional<crdt::VersionVector> durable;  ///< what it has told to have on disk
  std::optional<std::int64_t> heartbeat_ms;    ///< monotonic, of the last heartbeat
  std::optional<std::int64_t> answered_ms;     ///< monotonic, of the last answer to our Hello
  std::optional<std::int64_t> hello_ms;        ///< monotonic, of our last Hello
  std::optional<double> clock_offset_ms;       ///< its clock minus ours
  std::optional<std::uint64_t> pull_id;        ///< of the last pull that it asked of us
  std::optional<std::uint64_t> repair_id;      ///< … and of the last repair
  /// The vector at which its digest was last found to differ from ours.
  std::optional<crdt::VersionVector> diverged_at;
  /// Set while records may pass between the two: its own writes of this id after this seq are taken
  /// from its publications, those up to it by a pull alone.
  std::optional<Dot> trusted_after;
  bool silent_noted = false;  ///< its silence has been noted
  bool clock_noted = false;   ///< that its clock is far off has been noted
  /// Of its writes, from their commit there to their commit here, by the publications.
  DurationCounts replication_lag;

  /// Heard lately, by whichever link.
  bool is_heard(std::int64_t monotonic_ms) const {
    return is_connected(monotonic_ms) ||
           (answered_ms && monotonic_ms - *answered_ms < heartbeat_limit_ms);
  }

  bool is_connected(std::int64_t monotonic_ms) const {
    return heartbeat_ms && monotonic_ms - *heartbeat_ms < heartbeat_limit_ms;
  }
};

/// All other members, in the order of their names.
class PeerTable {
 public:
  explicit PeerTable(const std::vector<Member>& others);

  /// Takes these members from now on. What is known of those that stay is kept; the names of those
  /// that go are returned.
  std::vector<std::string> set_members(const std::vector<Member>& others);

  Peer* find(const std::string& name);
  std::map<std::string, Peer>& all() { return peers_; }
  const std::map<std::string, Peer>& all() const { return peers_; }

  /// True when each member has told all that it knows: records beyond its vector are not told.
  bool all_heard() const;
  /// The durable vectors that peers have told, but for those who drain: their disks are no copies
  /// to rely on.
  std::vector<const crdt::VersionVector*> durable_vectors() const;

 private:
  std::map<std::string, Peer> peers_;
};

/// When this node's own writes reached its disk: what a peer's lag in seconds is read from.
class CommitTimes {
 public:
  void note(std::uint64_t seq, std::int64_t monotonic_ms);
  /// Seconds since the first write after `seq` was committed; 0 when there is none.
  double age_of_next(std::uint64_t seq, std::int64_t monotonic_ms) const;

 private:
  /// One sample at most each 100 ms, for an hour: older lag reads as an hour or more.
  static constexpr std::int64_t spacing_ms = 100;
  static constexpr std::size_t max_samples = 36'000;
  std::deque<std::pair<std::uint64_t, std::int64_t>> samples_;  ///< first seq of a span, its time
  std::uint64_t last_seq_ = 0;
};

}  // namespace anabranch::cluster
