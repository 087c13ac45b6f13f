#include "tests/simulation/node.h"
#include "tests/simulation/violation.h"

#include <algorithm>
#include <utility>

// The node's committer, and the thread that reads its store.

namespace anabranch::simulation {

namespace {

constexpr std::uint32_t max_credit = 64;
constexpr std::int64_t recovery_interval_ms = 500;

}  // namespace

void Node::carry_out(cluster::Commit& effect) {
  process_->is_committing = true;
  after(world_.random.between(1, options_.max_commit_ms), [this, effect] {
    const bool ok = store_->commit(*effect.batch).has_value();
    if (ok) {
      note_commit(*effect.batch);
      process_->untold = true;
    } else if (!disk_is_full_ &&
               std::exchange(planned_failure_, {}) == storage::FailedCommit::found_later) {
      found_later_ = *effect.batch;
    }
    // It may die between the write and hearing of it.
    after(world_.random.between(0, 3), [this, ticket = effect.ticket, ok] {
      process_->telling = true;
      process_->is_committing = false;
      input(cluster::Committed{ticket, ok});
    });
  });
}

void Node::note_commit(const wire::StoreBatch& batch) {
  // Of several ids minted for one batch the last one stays, and others may have written.
  for (const wire::RecordChange& change : batch.records) {
    const ReplicaId origin = change.record.dot.origin;
    if (batch.replica && !world_.history.knows(origin)) own_ids_.push_back(origin);
  }
  if (batch.replica) {
    own_ids_.push_back(*batch.replica);
    ++tally_.ids_minted;
  }
  world_.history.committed(name_, batch, own_ids_);
  note_standing(batch);
  note_vector();
  world_.committed(*this, batch);
}

void Node::note_standing(const wire::StoreBatch& batch) {
  // An admission makes of the disk what it is: until it is done, the disk is neither nor.
  if (!batch.forgotten.empty()) before_admission_ = std::exchange(highest_, {});
  if (was_admitted_ && !is_admitted()) ++times_outside_;
  if (!batch.standing) return;
  const bool was_admitted = std::exchange(was_admitted_, batch.standing->admitted);
  if (was_admitted || !batch.standing->admitted) return;
  admitted_ms_ = world_.queue.now_ms();
  admitted_at_ = disk_vector();
  // One that needed no transfer takes nothing away.
  if (std::exchange(is_mixed_, false)) world_.history.admitted(own_ids_, admitting_, disk_image());
}

void Node::note_vector() {
  require(disk_vector().covers(highest_), [&] { return name_ + "'s vector has gone back"; });
  highest_ = disk_vector();
}

void Node::note_found_batch() {
  if (found_later_) note_commit(*found_later_);
  found_later_.reset();
}

void Node::carry_out(cluster::LoadUser& effect) {
  process_->jobs.emplace_back(std::move(effect));
  plan_job();
}

void Node::carry_out(cluster::RecoverStore& effect) {
  world_.log(name_ + "'s disk has failed");
  ++tally_.commits_failed;
  process_->recovering = true;
  process_->jobs.emplace_back(effect);
  plan_job();
}

void Node::carry_out(cluster::ServePull& effect) {
  process_->jobs.emplace_back(std::move(effect));
  plan_job();
}

void Node::carry_out(cluster::ServeRepair& effect) {
  process_->jobs.emplace_back(std::move(effect));
  plan_job();
}

void Node::carry_out(cluster::Scrub& effect) {
  process_->jobs.emplace_back(effect);
  plan_job();
}

void Node::carry_out(cluster::ListUsers& effect) {
  process_->jobs.emplace_back(std::move(effect));
  plan_job();
}

void Node::carry_out(cluster::FindTombstones& effect) {
  process_->jobs.emplace_back(std::move(effect));
  plan_job();
}

void Node::carry_out(cluster::GrantPull& effect) {
  process_->jobs.emplace_back(std::move(effect));
  plan_job();
}

void Node::plan_job() {
  if (process_->jobs.size() > 1) return;
  after(world_.random.between(0, options_.max_read_ms), [this] { run_job(); });
}

void Node::run_job() {
  Job job = std::move(process_->jobs.front());
  std::visit([this](auto& some) { run(some); }, job);
  process_->jobs.pop_front();
  if (!process_->jobs.empty()) {
    after(world_.random.between(0, options_.max_read_ms), [this] { run_job(); });
  }
}

void Node::run(cluster::LoadUser& job) {
  if (!job.request) return input(cluster::UserLoaded{job.user, store_->load_user(job.user)});
  auto state = cluster::StoredStateReader().read(
      *job.request,
      [&](const crdt::RecordVisitor& visit) { return store_->visit_user(job.user, visit); });
  input(cluster::StateLoaded{job.user, std::move(*job.request), std::move(state)});
}

void Node::run(cluster::RecoverStore& job) {
  process_->serving.clear();
  process_->search.reset();
  if (!store_->recover()) {
    after(recovery_interval_ms, [this, job] {
      process_->jobs.emplace_back(job);
      plan_job();
    });
    return;
  }
  note_found_batch();
  world_.log(name_ + "'s disk is back");
  process_->recovering = false;
  process_->recovered_ms = world_.queue.now_ms();
  auto resurfaced = store_->open_pull(job.vector).value()->next(SIZE_MAX).value().writes;
  input(cluster::StoreRecovered{store_->state(), std::move(resurfaced)});
}

void Node::run(cluster::ServePull& job) {
  begin_serving({job.peer, false}, job.pull.id, job.pull.credit,
                std::move(store_->open_pull(job.pull.vector).value()));
}

void Node::run(cluster::ServeRepair& job) {
  begin_serving({job.peer, true}, job.pull.id, job.pull.credit,
                std::move(store_->open_buckets(job.pull.digest).value()));
}

void Node::begin_serving(ServingKey key, std::uint64_t id, std::uint32_t credit,
                         std::unique_ptr<storage::PullCursor> cursor) {
  process_->serving[key] = {id, 0, std::min(credit, max_credit), false, std::move(cursor)};
  serve(key);
}

void Node::run(cluster::Scrub&) {
  const auto scrub = std::move(store_->open_scrub().value());
  while (!scrub->step(1).value()) continue;
  input(cluster::Scrubbed{scrub->findings()});
}

void Node::run(cluster::ListUsers& job) {
  input(cluster::UsersListed{job.after, store_->list_users(job.after, cluster::users_per_list)});
}

void Node::run(cluster::FindTombstones& job) {
  if (job.covered) process_->search = std::move(store_->open_tombstones(*job.covered).value());
  if (!process_->search) return;
  auto piece = process_->search->next(options_.pull_piece_bytes).value();
  if (piece.last) process_->search.reset();
  input(cluster::TombstonesFound{job.id, std::move(piece.writes), piece.last});
}

void Node::run(cluster::GrantPull& job) {
  for (auto& [key, serving] : process_->serving) {
    if (key.first != job.peer || serving.id != job.credit.id) continue;
    serving.credit = std::min(max_credit, serving.credit + job.credit.credit);
    serve(key);
    return;
  }
}

void Node::serve(const ServingKey& key) {
  const auto found = process_->serving.find(key);
  if (found == process_->serving.end() || found->second.credit == 0 || found->second.planned)
    return;
  found->second.planned = true;
  after(world_.random.between(0, options_.max_read_ms), [this, key, id = found->second.id] {
    const auto at = process_->serving.find(key);
    if (at == process_->serving.end() || at->second.id != id) return;
    Serving& serving = at->second;
    serving.planned = false;
    --serving.credit;
    auto piece = serving.cursor->next(options_.pull_piece_bytes).value();
    wire::PullPiece message{serving.id, serving.next_index++, std::move(piece.writes), {}, {}};
    if (message.index == 0) {
      message.answerer = wire::Answerer{serving.cursor->vector(), serving.cursor->standing()};
    }
    if (piece.last) message.vector = serving.cursor->vector();
    world_.network.send(name_, key.first, Network::Path::exact, std::move(message));
    if (piece.last) {
      process_->serving.erase(at);
    } else {
      serve(key);
    }
  });
}

const DiskImage& Node::disk_image() const {
  const storage::MemoryStore::Disk& disk = store_->disk();
  if (!image_ || image_commits_ != disk.commits) {
    image_ = read_disk(disk, name_);
    image_commits_ = disk.commits;
  }
  return *image_;
}

}  // namespace anabranch::simulation
