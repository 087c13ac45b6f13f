#include "tests/cluster/harness/node.h"

#include "tests/cluster/harness/violation.h"
#include "tests/cluster/support.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace anabranch::simulation {

namespace {

constexpr std::int64_t epoch_ms = 1'700'000'000'000;
constexpr std::uint32_t max_credit = 64;
constexpr std::int64_t recovery_interval_ms = 500;

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

// ---- life and death

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
  const cluster::Counters counters = status().counters;
  tally_.pulls += counters.pulls;
  tally_.gaps += counters.gaps_found;
  for (auto& [id, open] : std::exchange(process_->sessions, {})) open.session->lost();
  process_.reset();
  ++incarnation_;
  store_->crash();
  note_found_batch();
}

void Node::lose_disk() {
  crash();
  world_.log(name_ + " loses its disk");
  replace_disk(std::make_unique<storage::MemoryStore>(ReplicaId{world_.random.next()}));
}

void Node::restore_backup() {
  crash();
  world_.log(name_ + " is back at its backup");
  replace_disk(backup_->copy());
}

void Node::replace_disk(std::unique_ptr<storage::MemoryStore> store) {
  store_ = std::move(store);
  store_->set_disk_full(disk_is_full_);
  planned_failure_.reset();
  ++disk_;
}

void Node::next_commit_fails(storage::FailedCommit outcome) {
  planned_failure_ = outcome;
  store_->fail_commits(1, outcome);
}

void Node::set_disk_full(bool full) {
  disk_is_full_ = full;
  store_->set_disk_full(full);
}

void Node::after(std::int64_t delay_ms, std::function<void()> action) {
  world_.queue.after(delay_ms, [this, born = incarnation_, action = std::move(action)] {
    if (process_ && incarnation_ == born) action();
  });
}

// ---- the replica's thread

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
  const crdt::VersionVector vector = replica.status(now()).vector;
  require(vector.covers(process_->last_vector), name_ + "'s vector has gone back");
  process_->last_vector = vector;
}

void Node::tick() {
  input(cluster::Tick{});
  after(cluster::tick_interval_ms, [this] { tick(); });
}

void Node::receive(const std::string& from, const wire::PeerMessage& message) {
  if (!process_) return;
  if (world_.is_talkative) {
    world_.log(name_ + " hears " + from + ": " + cluster::describe(message));
  }
  input(cluster::PeerReceived{from, message});
}

// ---- the disk

void Node::carry_out(cluster::Commit& effect) {
  after(world_.random.between(1, options_.max_commit_ms), [this, effect] {
    const bool ok = store_->commit(effect.batch).has_value();
    if (ok) {
      note_commit(effect.batch);
      process_->untold = true;
    } else if (!disk_is_full_ &&
               std::exchange(planned_failure_, {}) == storage::FailedCommit::found_later) {
      found_later_ = effect.batch;
    }
    // It may die between the write and hearing of it.
    after(world_.random.between(0, 3), [this, ticket = effect.ticket, ok] {
      process_->telling = true;
      input(cluster::Committed{ticket, ok});
    });
  });
}

void Node::note_commit(const wire::StoreBatch& batch) {
  if (batch.replica) {
    own_ids_.push_back(*batch.replica);
    ++tally_.ids_minted;
  }
  world_.history.committed(name_, batch, own_ids_);
}

void Node::note_found_batch() {
  if (found_later_) note_commit(*found_later_);
  found_later_.reset();
}

void Node::carry_out(cluster::LoadUser& effect) {
  process_->jobs.emplace_back(effect);
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
  input(cluster::UserLoaded{job.user, store_->load_user(job.user)});
}

void Node::run(cluster::RecoverStore& job) {
  process_->serving.clear();
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
  input(cluster::StoreRecovered{store_->state(), read_beyond(job.vector)});
}

std::vector<crdt::Write> Node::read_beyond(const crdt::VersionVector& vector) const {
  return store_->open_pull(vector).value()->next(SIZE_MAX).value().writes;
}

void Node::run(cluster::ServePull& job) {
  Serving serving{job.pull.id, 0, std::min(job.pull.credit, max_credit), false,
                  std::move(store_->open_pull(job.pull.vector).value())};
  process_->serving[job.peer] = std::move(serving);
  serve(job.peer);
}

void Node::run(cluster::GrantPull& job) {
  const auto found = process_->serving.find(job.peer);
  if (found == process_->serving.end() || found->second.id != job.credit.id) return;
  found->second.credit = std::min(max_credit, found->second.credit + job.credit.credit);
  serve(job.peer);
}

void Node::serve(const std::string& peer) {
  const auto found = process_->serving.find(peer);
  if (found == process_->serving.end() || found->second.credit == 0 || found->second.planned)
    return;
  found->second.planned = true;
  after(world_.random.between(0, options_.max_read_ms), [this, peer, id = found->second.id] {
    const auto at = process_->serving.find(peer);
    if (at == process_->serving.end() || at->second.id != id) return;
    Serving& serving = at->second;
    serving.planned = false;
    --serving.credit;
    auto piece = serving.cursor->next(options_.pull_piece_bytes).value();
    wire::PullPiece message{serving.id, serving.next_index++, std::move(piece.writes), {}};
    if (piece.last) message.vector = serving.cursor->vector();
    world_.network.send(name_, peer, Network::Path::exact, std::move(message));
    if (piece.last) {
      process_->serving.erase(at);
    } else {
      serve(peer);
    }
  });
}

// ---- clients

void Node::open(SessionId id, const UserId& user, Session* session) {
  process_->sessions.emplace(id, OpenSession{user, session});
}

void Node::close(SessionId id) {
  if (process_) process_->sessions.erase(id);
}

void Node::frame(SessionId id, wire::WriteRequest request) {
  if (!process_) return;
  const auto found = process_->sessions.find(id);
  if (found == process_->sessions.end()) return;
  ++found->second.unanswered;
  if (!request.tab) request.tab = "session-" + std::to_string(id.value);
  input(cluster::ClientWrite{id, found->second.user, std::move(request)});
}

void Node::frame(SessionId id, cluster::ClientRequest request) {
  if (!process_) return;
  const auto found = process_->sessions.find(id);
  if (found == process_->sessions.end()) return;
  ++found->second.unanswered;
  request.session = id;
  request.user = found->second.user;
  request.cursor_is_authentic = true;
  input(std::move(request));
}

void Node::read_state(const UserId& user, std::function<void(const std::string&)> answer) {
  const std::uint64_t token = ++process_->last_read;
  process_->reads.emplace(token, std::move(answer));
  input(cluster::StateRead{token, user, {}});
}

void Node::check_told(const std::vector<wire::ClientEvent>& events) const {
  const crdt::VersionVector vector = status().vector;
  const auto check = [&](const std::optional<Dot>& dot) {
    require(!dot || vector.covers(*dot),
            name_ + " tells a client of a dot that its vector does not cover");
  };
  for (const wire::ClientEvent& event : events) {
    if (const auto* ack = std::get_if<wire::Ack>(&event)) check(ack->dot);
    if (const auto* sync = std::get_if<wire::Sync>(&event)) check(sync->record.dot);
    if (const auto* batch = std::get_if<wire::BatchSync>(&event)) check(batch->dot);
    const auto* delta = std::get_if<wire::Delta>(&event);
    if (!delta) continue;
    require(vector.covers(delta->position.vector), name_ + "'s answer claims more than it knows");
    for (const wire::SyncedRecord& record : delta->changes) check(record.dot);
  }
}

void Node::carry_out(cluster::Answer& effect) {
  check_told(effect.events);
  const auto found = process_->sessions.find(effect.session);
  if (found == process_->sessions.end()) return;
  require(found->second.unanswered > 0, name_ + " answers a frame that was not sent");
  --found->second.unanswered;
  found->second.session->answer(effect.events);
}

void Node::carry_out(cluster::Notify& effect) {
  const auto& ack = std::get<wire::Ack>(effect.event);
  require(!ack.dot || world_.copies_elsewhere(name_, *ack.dot) >= options_.replica.acks,
          name_ + " says that a write is replicated that is not");
  const auto found = process_->sessions.find(effect.session);
  if (found != process_->sessions.end()) found->second.session->tell({effect.event});
}

void Node::carry_out(cluster::Deliver& effect) {
  check_told(effect.events);
  // A session may go while it is told.
  std::vector<SessionId> there;
  for (const auto& [id, open] : process_->sessions) {
    if (open.user == effect.user && id != effect.except) there.push_back(id);
  }
  for (const SessionId id : there) {
    const auto found = process_->sessions.find(id);
    if (found != process_->sessions.end()) found->second.session->tell(effect.events);
  }
}

void Node::carry_out(cluster::StateReadAnswer& effect) {
  auto node = process_->reads.extract(effect.token);
  require(!node.empty() && effect.state.has_value(), name_ + " answers a read amiss");
  node.mapped()(effect.state->value_or("nothing"));
}

// ---- peers

void Node::check_sent(const wire::PeerMessage& message) const {
  const crdt::VersionVector durable = status().vector;
  const auto check = [&](const crdt::VersionVector& vector) {
    require(durable.covers(vector), name_ + " reports what is not on its disk");
  };
  if (const auto* sent = std::get_if<wire::Heartbeat>(&message)) check(sent->report.vector);
  if (const auto* sent = std::get_if<wire::Hello>(&message)) check(sent->report.vector);
  if (const auto* sent = std::get_if<wire::Welcome>(&message)) check(sent->report.vector);
  if (const auto* sent = std::get_if<wire::Progress>(&message)) check(sent->vector);
  if (const auto* sent = std::get_if<wire::PublishedWrites>(&message)) {
    for (const crdt::Write& write : sent->writes) {
      require(durable.covers(write.dot), name_ + " publishes what is not on its disk");
      world_.history.check_published(name_, write);
    }
  }
}

void Node::carry_out(cluster::Publish& effect) {
  check_sent(effect.message);
  for (const cluster::Member& other : options_.replica.others) {
    world_.network.send(name_, other.name, Network::Path::publish, effect.message);
  }
}

void Node::carry_out(cluster::AskPeer& effect) {
  check_sent(effect.message);
  world_.network.send(name_, effect.peer, Network::Path::exact, std::move(effect.message));
}

void Node::carry_out(cluster::AnswerPeer& effect) {
  check_sent(effect.message);
  world_.network.send(name_, effect.peer, Network::Path::exact, std::move(effect.message));
}

void Node::carry_out(cluster::Note& effect) { world_.log(name_ + ": " + effect.text); }

// ---- what can be seen from outside

bool Node::is_settled() const {
  return process_ && !process_->untold && !process_->recovering &&
         world_.queue.now_ms() - process_->recovered_ms >= settling_ms;
}

bool DiskImage::knows(Dot dot) const {
  const auto holds = [dot](const auto& user) {
    const auto& entries = user.second.entries();
    return std::any_of(entries.begin(), entries.end(),
                       [dot](const auto& entry) { return entry.second.dot == dot; });
  };
  return vector.covers(dot) || std::any_of(users.begin(), users.end(), holds);
}

DiskImage Node::disk_image() const {
  const auto pull = store_->open_pull({}).value();
  DiskImage image;
  image.vector = pull->vector();
  crdt::StateDigest digest;
  const auto piece = pull->next(SIZE_MAX).value();
  for (const crdt::Write& write : piece.writes) {
    ReferenceState& user = image.users[write.user];
    image.holds_beyond = image.holds_beyond || !image.vector.covers(write.dot);
    for (const crdt::Change& change : write.changes) {
      const auto outcome = user.merge(change.path, {write.stamp, change.payload, write.dot});
      require(outcome == ReferenceState::Outcome::won,
              name_ + "'s disk holds a record that does not stand: " + change.path.text());
      const crdt::Record record{write.stamp, write.dot, write.is_batch, change.payload};
      digest.add(crdt::StateDigest::bucket_of(write.user),
                 crdt::digest_of(write.user, change.path, record));
      const bool is_value = change.payload.kind == crdt::RecordKind::value;
      ++(is_value ? image.totals.values : image.totals.tombstones);
      image.totals.bytes += crdt::Document::cost_of(change.path, change.payload);
    }
  }
  image.totals.users = image.users.size();
  image.digest = digest.to_string();
  return image;
}

}  // namespace anabranch::simulation
