#include "cluster/anti_entropy.h"

#include "base/defects.h"

#include <algorithm>

namespace anabranch::cluster {

void AntiEntropy::note_report(const std::string& peer, const crdt::VersionVector& theirs,
                              const crdt::VersionVector& reach, bool urgent, std::int64_t now_ms) {
  const auto [at, is_first] = targets_.try_emplace(peer);
  Target& target = at->second;
  const bool at_once = is_first || urgent;
  // A peer that knows less than it did has lost its disk: what it told before is no target.
  const bool outdated = reach.covers(target.vector) || !theirs.covers(target.vector);
  if (!at_once && !outdated) return;
  target.vector = theirs;
  target.due_ms = at_once ? now_ms : now_ms + grace_ms;
}

void AntiEntropy::note_untold(const std::string& peer, bool has_some, std::int64_t now_ms) {
  Target& target = targets_[peer];
  if (!has_some) {
    target.untold_due_ms.reset();
  } else if (!target.untold_due_ms) {
    target.untold_due_ms = now_ms + untold_ms;
  }
}

bool AntiEntropy::Target::is_due(const crdt::VersionVector& reach, bool gap,
                                 std::int64_t now_ms) const {
  if (avoid_until_ms > now_ms) return false;
  if (untold_due_ms && *untold_due_ms <= now_ms) return true;
  return (gap || due_ms <= now_ms) && !reach.covers(vector);
}

void AntiEntropy::forget(const std::string& peer) { targets_.erase(peer); }

std::optional<std::string> AntiEntropy::start_due(const crdt::VersionVector& reach, bool gap,
                                                  std::int64_t now_ms) {
  if (active_) return {};
  auto best = targets_.end();
  for (auto at = targets_.begin(); at != targets_.end(); ++at) {
    if (!at->second.is_due(reach, gap, now_ms)) continue;
    // Of several, the one not given up lately; then the first by name.
    if (best == targets_.end() || at->second.avoid_until_ms < best->second.avoid_until_ms) {
      best = at;
    }
  }
  if (best == targets_.end()) return {};
  best->second.untold_due_ms.reset();
  active_ = Active{best->first, ++last_id_, 0, now_ms};
  return best->first;
}

bool AntiEntropy::expects(const std::string& peer, const wire::PullPiece& piece,
                          std::int64_t now_ms) {
  if (!active_ || active_->peer != peer || active_->id != piece.id) return false;
  if (piece.index != active_->next_index && !planted(Defect::lost_piece_unnoticed)) {
    give_up(now_ms);
    return false;
  }
  ++active_->next_index;
  active_->progress_ms = now_ms;
  return true;
}

void AntiEntropy::note_progress(std::int64_t now_ms) {
  if (active_) active_->progress_ms = now_ms;
}

std::optional<std::string> AntiEntropy::give_up_stalled(std::int64_t now_ms) {
  if (!active_ || now_ms - active_->progress_ms < stall_ms) return {};
  const std::string peer = active_->peer;
  give_up(now_ms);
  return peer;
}

void AntiEntropy::give_up(std::int64_t now_ms) {
  if (!active_) return;
  if (const auto at = targets_.find(active_->peer); at != targets_.end()) {
    at->second.avoid_until_ms = now_ms + retry_ms;
    at->second.due_ms = std::min(at->second.due_ms, now_ms);
  }
  active_.reset();
}

}  // namespace anabranch::cluster
