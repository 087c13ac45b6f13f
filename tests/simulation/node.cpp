#include "tests/simulation/node.h"

#include "tests/cluster/support.h"
#include "tests/simulation/violation.h"

#include <algorithm>
#include <utility>

namespace anabranch::simulation {

namespace {

constexpr std::int64_t epoch_ms = 1'700'000'000'000;

}  // namespace

Node::Node(std::string name, Options options, Surroundings& world)
    : name_(std::move(name)),
      options_(std::move(options)),
      world_(world),
      store_(std::make_unique<storage::MemoryStore>(ReplicaId{world.random.next()})) {}

Now Node::now() const {
  const std::int64_t ms = world_.queue.now_ms();
  return {epoch_ms + ms + clock_offset_ms_, ms};
}

void Node::start() {
  if (process_) return;
  world_.log(name_ + " starts");
  ++incarnation_;
  const wire::StoreState state = store_->state();
  own_ids_.push_back(state.replica);
  process_ = std::make_unique<Process>(options_.replica, state, world_.random, now());
  tick();
}

void Node::crash() {
  if (!process_) return;
  world_.log(name_ + " dies");
  stalled_until_ms_ = 0;
  const cluster::Counters counters = status().counters;
  tally_.pulls += counters.pulls;
  tally_.gaps += counters.gaps_found;
  for (auto& [id, open] : std::exchange(process_->sessions, {})) open.session->lost();
  process_.reset();
  ++incarnation_;
  store_->crash();
  note_found_batch();
}

void Node::set_members(std::vector<cluster::Member> others, std::uint64_t epoch) {
  options_.replica.others = std::move(others);
  options_.replica.epoch = epoch;
  if (process_) arrive([this] { input(cluster::Reconfigured{options_.replica}); });
}

void Node::lose_disk() {
  crash();
  world_.log(name_ + " loses its disk");
  replace_disk(std::make_unique<storage::MemoryStore>(ReplicaId{world_.random.next()}));
}

void Node::bring_backup(Comeback how) {
  crash();
  const bool copied = how == Comeback::copied;
  world_.log(name_ + (copied ? " gets its backup's files back" : " is restored from its backup"));
  replace_disk(copied ? backup_->copy() : backup_->copy(ReplicaId{world_.random.next()}));
}

void Node::replace_disk(std::unique_ptr<storage::MemoryStore> store) {
  store_ = std::move(store);
  store_->set_disk_full(disk_is_full_);
  planned_failure_.reset();
  ++disk_;
  disk_since_ms_ = world_.queue.now_ms();
  highest_ = {};
  was_admitted_ = is_admitted();
  is_mixed_ = false;
  image_.reset();
}

void Node::next_commit_fails(storage::FailedCommit outcome) {
  planned_failure_ = outcome;
  store_->fail_commits(1, outcome);
}

void Node::set_disk_full(bool full) {
  disk_is_full_ = full;
  store_->set_disk_full(full);
}

void Node::stall(std::int64_t ms) {
  world_.log(name_ + " stands still for " + std::to_string(ms) + " ms");
  stalled_until_ms_ = world_.queue.now_ms() + ms;
  longest_stall_ms_ = std::max(longest_stall_ms_, ms);
}

std::int64_t Node::stalled_ms() const {
  return std::max<std::int64_t>(stalled_until_ms_ - world_.queue.now_ms(), 0);
}

void Node::arrive(std::function<void()> input) {
  if (stalled_ms() == 0 && process_->arrivals.empty()) return input();
  process_->arrivals.push_back(std::move(input));
  if (process_->arrivals.size() == 1) after(stalled_ms(), [this] { take_arrivals(); });
}

void Node::take_arrivals() {
  while (!process_->arrivals.empty()) {
    const auto input = std::move(process_->arrivals.front());
    process_->arrivals.pop_front();
    input();
  }
}

void Node::after(std::int64_t delay_ms, std::function<void()> action) {
  world_.queue.after(delay_ms, [this, born = incarnation_, action = std::move(action)] {
    if (!process_ || incarnation_ != born) return;
    if (stalled_ms() > 0) return after(stalled_ms(), action);
    action();
  });
}

void Node::input(cluster::Input input) {
  process_->replica.step(std::move(input), now());
  if (std::exchange(process_->turn_planned, true)) return;
  after(world_.random.between(0, 2), [this] { turn(); });
}

void Node::turn() {
  process_->turn_planned = false;
  cluster::Replica& replica = process_->replica;
  replica.flush(now());
  const std::uint64_t born = incarnation_;
  for (cluster::Effect& effect : replica.take_effects()) {
    std::visit([this](auto& some) { carry_out(some); }, effect);
    if (!process_ || incarnation_ != born) return;
  }
  if (!std::exchange(process_->telling, false)) return;
  process_->untold = false;
}

void Node::tick() {
  input(cluster::Tick{});
  after(cluster::tick_interval_ms, [this] { tick(); });
}

void Node::receive(const std::string& from, const wire::PeerMessage& message) {
  if (!process_) return;
  arrive([=, this] {
    if (world_.is_talkative) {
      world_.log(name_ + " hears " + from + ": " + cluster::describe(message));
    }
    note_admitting(message);
    input(cluster::PeerReceived{from, message});
  });
}

bool Node::has_recovered_lately() const {
  return process_->recovering || world_.queue.now_ms() - process_->recovered_ms < settling_ms;
}

bool Node::is_settled() const { return process_ && !process_->untold && !has_recovered_lately(); }

}  // namespace anabranch::simulation
