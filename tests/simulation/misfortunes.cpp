#include "tests/simulation/misfortunes.h"

#include "cluster/peer_table.h"

#include <algorithm>
#include <string>

namespace anabranch::simulation {

namespace {

/// By then nothing that a dead process had sent is still under way.
constexpr std::int64_t repair_ms = 5000;
constexpr std::int64_t confiding_ms = 2000;
/// More lost disks in one run would leave too little that is promised.
constexpr std::size_t max_disks_lost = 2;

}  // namespace

void Misfortunes::strike() {
  Node& node = *world_.random.pick(nodes_);
  const std::size_t what = world_.random.below(108);
  if (is_awaited(node)) return;
  if (dangers_.old_disks && world_.random.chance(25)) {
    use_backup(node);
  } else if (what < 27) {
    if (dangers_.partitions) break_links();
  } else if (what < 45) {
    world_.log("the links are mended");
    world_.network.mend_all();
  } else if (what < 65) {
    break_process(node);
  } else if (what < 80) {
    if (dangers_.disks_fail) break_disk(node);
  } else if (what < 82) {
    if (dangers_.disks_lost) lose_disk(node);
  } else if (what < 90) {
    if (dangers_.backups) use_backup(node);
  } else if (what < 94) {
    if (dangers_.clocks) jump_clock(node);
  } else if (what < 96) {
    if (dangers_.members_change) change_members();
  } else if (what < 100) {
    if (dangers_.stalls) stall(node);
  } else if (dangers_.drains) {
    drain(node);
  }
}

/// Sometimes another member goes with its disk: just before, and is not missed yet; or meanwhile,
/// when the node alone has heard what it wrote last.
void Misfortunes::drain(Node& node) {
  Node& other = *world_.random.pick(nodes_);
  const std::int64_t delay_ms = world_.network.max_delay_ms() + 1;
  const std::size_t how = world_.random.below(100);
  const bool is_unlucky = how < 40 && dangers_.disks_lost && &other != &node;
  if (!is_unlucky || delay_ms >= cluster::heartbeat_limit_ms) return drains_.begin(node);
  if (how < 20) {
    burn(other);
    world_.queue.after(delay_ms, [this, &node] {
      if (!is_awaited(node)) drains_.begin(node);
    });
  } else {
    cut_off_together(node, other);
    drains_.begin(node);
    world_.queue.after(confiding_ms, [this, &other] { burn(other); });
    world_.queue.after(confiding_ms + cluster::heartbeat_limit_ms + delay_ms,
                       [this] { world_.network.mend_all(); });
  }
}

void Misfortunes::burn(Node& node) {
  if (disks_lost_ >= max_disks_lost || in_repair_.count(&node) > 0 || is_awaited(node)) return;
  ++disks_lost_;
  counts_.note("disk burned");
  node.lose_disk();
}

void Misfortunes::stall(Node& node) {
  if (!node.is_up()) return;
  counts_.note("process stalled");
  node.stall(world_.random.between(200, 12'000));
}

void Misfortunes::drain_one() {
  if (!dangers_.drains) return;
  mend_all();  // a node that was drained since may have been left
  drains_.expect_end(*world_.random.pick(nodes_));
}

void Misfortunes::mend_all() {
  if (removed_) add_again();
  world_.network.mend_all();
  for (const auto& node : nodes_) {
    node->set_disk_full(false);
    node->start();
  }
}

void Misfortunes::break_links() {
  const std::size_t what = world_.random.below(10);
  if (what < 2) return isolate(*world_.random.pick(nodes_));
  if (what < 4) return slow_link();
  const std::string& one = world_.random.pick(nodes_)->name();
  const std::string& other = world_.random.pick(nodes_)->name();
  if (one == other) return;
  const bool both_ways = world_.random.chance(60);
  counts_.note(both_ways ? "link cut" : "link cut one way");
  world_.log("the link from " + one + " to " + other + " is cut" +
             (both_ways ? ", both ways" : ""));
  world_.network.cut(one, other);
  if (both_ways) world_.network.cut(other, one);
}

void Misfortunes::isolate(const Node& node) {
  counts_.note("node isolated");
  world_.log(node.name() + " is cut off from all others");
  for (const auto& other : nodes_) {
    if (other.get() == &node) continue;
    world_.network.cut(node.name(), other->name());
    world_.network.cut(other->name(), node.name());
  }
}

void Misfortunes::slow_link() {
  const std::string& one = world_.random.pick(nodes_)->name();
  const std::string& other = world_.random.pick(nodes_)->name();
  counts_.note("link slow");
  world_.log("the link from " + one + " to " + other + " is slow");
  world_.network.slow(one, other, world_.random.between(200, 4000));
}

void Misfortunes::break_process(Node& node) {
  if (in_repair_.count(&node) > 0) return;
  if (!node.is_up()) return node.start();
  if (!dangers_.crashes) return;
  counts_.note("process killed");
  node.crash();
  if (world_.random.chance(60)) node.start();
}

void Misfortunes::break_disk(Node& node) {
  const std::size_t what = world_.random.below(3);
  if (what == 0) {
    counts_.note("commit lost");
    return node.next_commit_fails(storage::FailedCommit::lost);
  }
  if (what == 1) {
    counts_.note("commit failed and found later");
    return node.next_commit_fails(storage::FailedCommit::found_later);
  }
  counts_.note("disk full");
  world_.log(node.name() + "'s disk is full");
  node.set_disk_full(true);
  world_.queue.after(world_.random.between(100, 3000), [&node] { node.set_disk_full(false); });
}

void Misfortunes::lose_disk(Node& node) {
  if (disks_lost_ >= max_disks_lost || in_repair_.count(&node) > 0) return;
  ++disks_lost_;
  counts_.note("disk replaced");
  node.lose_disk();
  node.start();
}

void Misfortunes::use_backup(Node& node) {
  if (removed_) return;
  if (!node.has_backup()) {
    world_.log(node.name() + " is backed up");
    return node.back_up();
  }
  if (disks_lost_ >= max_disks_lost || in_repair_.count(&node) > 0) return;
  ++disks_lost_;
  if (!dangers_.old_disks && world_.random.chance(35)) {
    counts_.note("backup restored");
    node.bring_backup(Node::Comeback::restored);
    return node.start();
  }
  in_repair_.insert(&node);
  const Node* confidant = dangers_.old_disks || world_.random.chance(50) ? confide(node) : nullptr;
  world_.queue.after(confidant ? confiding_ms : 0, [this, &node, confidant] {
    node.crash();
    world_.queue.after(repair_ms, [this, &node, confidant] {
      if (confidant) {
        world_.network.mend_all();
        isolate(*confidant);
      }
      copy_backup(node);
    });
  });
}

/// From its backup on one other node alone hears what the node writes, and that one is away when
/// the node comes back with its old disk: whoever else it asks finds nothing missing.
const Node* Misfortunes::confide(Node& node) {
  const Node* confidant = world_.random.pick(nodes_).get();
  if (confidant == &node || nodes_.size() < 3) return nullptr;
  world_.log(node.name() + " is backed up; " + confidant->name() + " alone hears it from now on");
  node.back_up();
  cut_off_together(node, *confidant);
  return confidant;
}

/// The two still hear each other.
void Misfortunes::cut_off_together(const Node& node, const Node& confidant) {
  for (const auto& other : nodes_) {
    if (other.get() == &node || other.get() == &confidant) continue;
    for (const Node* one : {&node, &confidant}) {
      world_.network.cut(one->name(), other->name());
      world_.network.cut(other->name(), one->name());
    }
  }
}

void Misfortunes::copy_backup(Node& node) {
  counts_.note("backup copied back");
  node.bring_backup(Node::Comeback::copied);
  in_repair_.erase(&node);
  node.start();
  if (!has_witness(node)) doubt_what_only_memories_hold(node);
}

/// Sometimes the first to come is a client whose cursor knows more than the old disk does: the node
/// is to take a new id for it, and so no dot that anyone remembers is given twice. (But where
/// another disk went back before, this one may have been the last that knew better of that.)
bool Misfortunes::has_witness(Node& node) {
  if (world_.random.chance(50) || !node.is_disk_well() || !copied_ids_.empty()) return false;
  const ReplicaId id = node.disk_replica();
  const std::uint64_t seq = node.disk_vector()[id];
  for (const auto& client : clients_) {
    auto* full = dynamic_cast<FullClient*>(client.get());
    if (!full || !full->is_evidence(id, seq)) continue;
    counts_.note("old disk told by a client");
    awaited_[&node] = id;
    full->return_to(node);
    return true;
  }
  return false;
}

bool Misfortunes::is_awaited(const Node& node) const {
  const auto found = awaited_.find(&node);
  return found != awaited_.end() && found->second == node.disk_replica();
}

/// What was on the lost disk alone may be remembered by clients, and given another meaning by the
/// node: no rule can help where nobody tells it. So those clients forget too.
void Misfortunes::doubt_what_only_memories_hold(const Node& node) {
  copied_ids_.insert(node.own_ids().begin(), node.own_ids().end());
  world_.history.doubt(copied_ids_, [&](Dot dot) {
    return std::any_of(nodes_.begin(), nodes_.end(),
                       [dot](const auto& any) { return any->disk_image().knows(dot); });
  });
  for (const auto& client : clients_) {
    if (auto* full = dynamic_cast<FullClient*>(client.get())) full->start_over();
  }
}

void Misfortunes::change_members() {
  if (removed_) return add_again();
  Node& node = *world_.random.pick(nodes_);
  // Whoever alone knows that a disk went back must be there to say so.
  if (!copied_ids_.empty() || !in_repair_.empty()) return;
  const std::size_t others = nodes_.size() - 1;
  if (nodes_.size() > 2 && node.replica_options().acks < others) remove_member(node);
}

/// It goes on by its old file, cut off: the others do not listen to it any more.
void Misfortunes::remove_member(Node& node) {
  counts_.note("member removed");
  world_.log(node.name() + " is no member any more");
  removed_ = &node;
  isolate(node);
  tell_members(3000);
}

void Misfortunes::add_again() {
  counts_.note("member added again");
  world_.log(removed_->name() + " is a member again");
  for (const auto& other : nodes_) {
    world_.network.mend(removed_->name(), other->name());
    world_.network.mend(other->name(), removed_->name());
  }
  removed_ = nullptr;
  tell_members(500);
}

/// Each node gets the new file in its time. One told late of an older file keeps the newer.
void Misfortunes::tell_members(std::int64_t max_delay_ms) {
  const std::uint64_t epoch = ++epoch_;
  for (const auto& node : nodes_) {
    if (node.get() == removed_) continue;
    std::vector<cluster::Member> others;
    for (const auto& other : nodes_) {
      if (other != node && other.get() != removed_) others.push_back({other->name(), "somewhere"});
    }
    world_.queue.after(world_.random.between(0, max_delay_ms), [&node, others, epoch] {
      if (node->replica_options().epoch < epoch) node->set_members(others, epoch);
    });
  }
}

void Misfortunes::jump_clock(Node& node) {
  const std::int64_t ms = world_.random.between(-20'000, 20'000);
  counts_.note("clock jumped");
  world_.log(node.name() + "'s clock jumps by " + std::to_string(ms) + " ms");
  node.jump_clock(ms);
}

}  // namespace anabranch::simulation
