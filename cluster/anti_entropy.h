#pragma once

#include "crdt/version_vector.h"
#include "wire/peer_messages.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace anabranch::cluster {

/// Decides when to pull and from whom, and keeps the state of the one pull that may be under way.
///
/// A peer's report that is ahead of us is no news by itself: what it tells of others' writes may be
/// on its way to us as a publication too. So a report is remembered as a target, and a pull starts
/// only when the target is still not covered some time later, or at once where waiting is useless:
/// at the first report of a peer (a start, a healed link), at a gap, and where a heartbeat is ahead
/// on its sender's own writes (it left behind them on the same socket, so they were lost).
///
/// What a peer holds beyond its vector makes nobody ahead. Where its source has gone for good, in
/// the midst of a pull, it is asked for without a vector that tells of it.
class AntiEntropy {
 public:
  /// How long publications may take to catch up with what a report told.
  static constexpr std::int64_t grace_ms = 300;
  /// A pull without a new piece for this long is given up.
  static constexpr std::int64_t stall_ms = 3000;
  /// How long a pull may take to end before others ask for the part of it that is there.
  static constexpr std::int64_t untold_ms = 5000;
  /// A peer whose pull was given up is left alone this long, if there is another to ask.
  static constexpr std::int64_t retry_ms = 2000;

  /// `last_id`: where the ids of pulls begin. Let it differ from process to process, so that what
  /// is left of a former process's pull is not taken for an answer to this one's.
  explicit AntiEntropy(std::uint64_t last_id) : last_id_(last_id) {}

  /// Notes what `peer` knows. `reach` is what we know or have waiting without a gap. `urgent`: do
  /// not wait for publications.
  void note_report(const std::string& peer, const crdt::VersionVector& theirs,
                   const crdt::VersionVector& reach, bool urgent, std::int64_t now_ms);

  /// Notes, after `note_report`, whether `peer` has records that no vector tells of and we lack.
  void note_untold(const std::string& peer, bool has_some, std::int64_t now_ms);

  /// The peer is gone; its next report is a first one again.
  void forget(const std::string& peer);

  /// Starts a pull where one is due and none is under way: names the peer. `gap`: publications
  /// wait for writes before them, so anyone who is ahead is asked at once.
  std::optional<std::string> start_due(const crdt::VersionVector& reach, bool gap,
                                       std::int64_t now_ms);

  struct Active {
    std::string peer;
    std::uint64_t id = 0;
    std::uint64_t next_index = 0;
    std::int64_t progress_ms = 0;
  };
  const std::optional<Active>& active() const { return active_; }

  /// Takes note of a piece. True when it is the next one of the pull under way; a piece out of
  /// turn (one was lost) ends the pull.
  bool expects(const std::string& peer, const wire::PullPiece& piece, std::int64_t now_ms);

  /// The pull goes on: something of it has been applied, or waits to be.
  void note_progress(std::int64_t now_ms);

  /// The last piece has been applied.
  void finish() { active_.reset(); }
  /// Gives the pull up where it has stalled; names its peer.
  std::optional<std::string> give_up_stalled(std::int64_t now_ms);
  void give_up(std::int64_t now_ms);

 private:
  struct Target {
    crdt::VersionVector vector;
    std::int64_t due_ms = 0;
    std::int64_t avoid_until_ms = 0;
    std::optional<std::int64_t> untold_due_ms;

    bool is_due(const crdt::VersionVector& reach, bool gap, std::int64_t now_ms) const;
  };
  std::map<std::string, Target> targets_;
  std::optional<Active> active_;
  std::uint64_t last_id_;
};

}  // namespace anabranch::cluster
