#include "tests/simulation/drains.h"

#include "cluster/peer_table.h"
#include "tests/simulation/violation.h"

#include <algorithm>
#include <utility>

namespace anabranch::simulation {

namespace {

constexpr std::int64_t max_poll_ms = 100;
/// How long a drain may take where nothing is broken.
constexpr std::int64_t longest_ms = 30'000;

std::string words(const cluster::DrainProgress& progress) {
  std::string text = progress.settled ? "" : " not settled";
  for (const auto& peer : progress.peers) {
    if (peer.has_everything()) continue;
    text += " " + peer.name + (peer.heard ? "" : " is not heard") +
            (peer.lacks_untold ? " may lack records beyond the vector" : "");
    if (peer.lacking_writes) text += " lacks " + std::to_string(*peer.lacking_writes);
  }
  return text;
}

}  // namespace

/// Plans the next step of this drain.
void Drains::after(std::int64_t delay_ms, void (Drains::*next)()) {
  world_.queue.after(delay_ms, [this, id = drain_->id, next] {
    if (is_current(id)) (this->*next)();
  });
}

void Drains::begin(Node& node) {
  if (drain_ || !node.is_up() || around_.not_to_stop.count(&node) > 0) return;
  around_.counts.note("drain begun");
  const std::int64_t now_ms = world_.queue.now_ms();
  const std::int64_t deadline_ms =
      now_ms + world_.random.between(0, world_.random.chance(30) ? 200 : 15'000);
  drain_ = Drain{++last_id_, &node, node.incarnation(), {}, now_ms, deadline_ms};
  // The dead are not waited for, but somebody is.
  const auto& others = node.replica_options().others;
  for (const auto& other : nodes_) {
    const bool is_dead = other.get() != &node && !other->is_up() && world_.random.chance(50);
    if (is_dead && drain_->except.size() + 1 < others.size()) {
      drain_->except.push_back(other->name());
    }
  }
  world_.log(node.name() + " is to be drained");
  node.drain();
  ask();
}

void Drains::expect_end(Node& node) {
  begin(node);
  if (!drain_) return;
  drain_->must_end = true;
  drain_->deadline_ms = world_.queue.now_ms() + longest_ms;
}

void Drains::ask() {
  Node& node = *drain_->node;
  if (has_died()) return drain_.reset();
  // The answer may be long in coming, and never come from a process that dies.
  after(world_.random.between(5, max_poll_ms), &Drains::ask);
  node.ask_drain([this, id = drain_->id](const Node::DrainAnswer& answer) {
    if (is_current(id)) hear(answer);
  });
}

void Drains::hear(const Node::DrainAnswer& answer) {
  const bool is_late = world_.queue.now_ms() >= drain_->deadline_ms;
  if (answer.progress.is_complete(drain_->except) && (answer.sessions == 0 || is_late)) {
    return take_for_safe(answer);
  }
  if (is_late) give_up(answer);
}

void Drains::give_up(const Node::DrainAnswer& answer) {
  require(!drain_->must_end, [&] {
    return "the drain of " + drain_->node->name() + " does not end:" + words(answer.progress);
  });
  if (world_.random.chance(50)) return cancel();
  drain_->deadline_ms = world_.queue.now_ms() + longest_ms;
}

/// A message from before it lost its disk may have come since the drain began.
bool Drains::may_be_thought_older(const Node& other) const {
  const std::int64_t delay_ms =
      world_.network.max_delay_ms() + drain_->node->longest_stall_ms() + other.longest_stall_ms();
  const std::int64_t last_word_ms = other.disk_since_ms() + delay_ms;
  return other.disk() > 0 && last_word_ms > drain_->begun_ms &&
         last_word_ms + cluster::heartbeat_limit_ms > world_.queue.now_ms();
}

/// The members that have told to have everything, and still have the disks that they told of.
std::vector<const Node*> Drains::holders() const {
  std::vector<const Node*> holders;
  for (const auto& other : nodes_) {
    const bool has_told = drain_->waited_for.count(other->name()) > 0;
    if (has_told && !may_be_thought_older(*other)) holders.push_back(other.get());
  }
  return holders;
}

/// Those who lost their disks just now: for the node they may still be there.
std::vector<const Node*> Drains::bereft() const {
  std::vector<const Node*> bereft;
  for (const auto& other : nodes_) {
    if (may_be_thought_older(*other)) bereft.push_back(other.get());
  }
  return bereft;
}

void Drains::take_for_safe(const Node::DrainAnswer& answer) {
  around_.counts.note("node drained");
  world_.log(drain_->node->name() + " is drained");
  drain_->told = answer.vector;
  for (const auto& peer : answer.progress.peers) drain_->waited_for.insert(peer.name);
  for (const std::string& name : drain_->except) drain_->waited_for.erase(name);
  check(!drain_->node->is_settled());
  drain_->id = ++last_id_;  // nothing is asked any more
  after(world_.random.between(0, world_.random.chance(50) ? 30 : 500), &Drains::stop);
}

void Drains::check(bool is_past) {
  const Node& node = *drain_->node;
  const Oracles::Handover handover{holders(), bereft(), drain_->told, is_past};
  oracles_.check_drained(node, handover);
  // Those whose disk is to go have been counted as lost already.
  const auto lasting =
      std::count_if(handover.holders.begin(), handover.holders.end(),
                    [&](const Node* other) { return around_.not_to_stop.count(other) == 0; });
  drain_->holders = static_cast<std::size_t>(lasting);
  world_.history.handed_over(node.name(), node.disk(), drain_->holders, around_.disks_lost);
}

void Drains::stop() {
  Node& node = *drain_->node;
  if (has_died()) return drain_.reset();
  if (around_.not_to_stop.count(&node) > 0 || world_.random.chance(20)) return cancel();
  check(true);
  const std::size_t promised = node.replica_options().acks + 1;  // with the one that took it
  if (around_.disks_lost == 0) {
    oracles_.check_copies_without(node, std::min(promised, drain_->holders));
  }
  if (world_.random.chance(70)) {
    around_.counts.note("drained disk burned");
    fewest_holders_ = std::min(fewest_holders_, drain_->holders);
    node.lose_disk();
  } else {
    node.crash();
  }
  drain_.reset();
  if (world_.random.chance(60)) node.start();
}

void Drains::cancel() {
  around_.counts.note("drain cancelled");
  world_.log("the drain of " + drain_->node->name() + " is cancelled");
  drain_->node->cancel_drain();
  drain_.reset();
}

}  // namespace anabranch::simulation
