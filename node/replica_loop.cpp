#include "node/replica_loop.h"

#include "node/log_lines.h"
#include "transport/client/auth_ok.h"
#include "transport/client/held_wakes.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace anabranch::node {

namespace {

/// What a peer's message weighs while it waits here.
std::size_t weigh(const wire::PeerMessage& message) {
  const std::vector<crdt::Write>* writes = nullptr;
  if (const auto* published = std::get_if<wire::PublishedWrites>(&message)) {
    writes = &published->writes;
  } else if (const auto* piece = std::get_if<wire::PullPiece>(&message)) {
    writes = &piece->writes;
  }
  std::size_t bytes = 1024;
  if (writes) {
    for (const crdt::Write& write : *writes) bytes += cluster::weight_of(write);
  }
  return bytes;
}

}  // namespace

ReplicaLoop::ReplicaLoop(Options options, storage::Store& store, const wire::CursorCodec& cursors,
                         const Clock& clock, Random& random, const Log& log)
    : options_(std::move(options)),
      cursors_(cursors),
      clock_(clock),
      random_(random),
      log_(log),
      rooms_(options_.max_connections_per_user, cursors),
      replica_(options_.replica, store.state(), random, clock.now(), &rooms_),
      refusals_(log, options_.user_hash),
      store_(store) {}

ReplicaLoop::~ReplicaLoop() { stop(); }

void ReplicaLoop::start(transport::PeerLink* peers) {
  peers_ = peers;
  committer_.emplace(store_, timings_, log_, [this](cluster::Committed committed) {
    inbox_.push(cluster::Input(committed));
  });
  StoreWorker::Output output;
  output.input = [this](cluster::Input input) { inbox_.push(std::move(input)); };
  output.piece = [this](const std::string& peer, wire::PullPiece piece) {
    if (peers_) peers_->answer(peer, std::move(piece));
  };
  store_worker_.emplace(store_, log_, std::move(output));
  thread_ = std::thread([this] { run(); });
}

void ReplicaLoop::stop() {
  if (!thread_.joinable()) return;
  inbox_.close();
  thread_.join();
  store_worker_.reset();
  committer_.reset();
}

void ReplicaLoop::run() {
  using std::chrono::milliseconds;
  using SteadyClock = std::chrono::steady_clock;
  auto next_tick = SteadyClock::now();
  while (true) {
    std::vector<Item> items = inbox_.take(next_tick);
    if (items.empty() && inbox_.closed() && !is_committing_) return;
    round_left_ = items.size();
    for (Item& item : items) {
      --round_left_;
      take(std::move(item));
    }
    if (SteadyClock::now() >= next_tick) {
      replica_.step(cluster::Tick{}, clock_.now());
      refusals_.tick(clock_.now().monotonic_ms);
      next_tick = SteadyClock::now() + milliseconds(cluster::tick_interval_ms);
    }
    replica_.flush(clock_.now());
    carry_out_effects();
    ready_.store(replica_.ready(), std::memory_order_relaxed);
  }
}

// ---- what comes in

void ReplicaLoop::receive(wire::PeerEnvelope envelope) {
  const std::size_t bytes = weigh(envelope.message);
  if (peer_bytes_.fetch_add(bytes) + bytes > peer_inbox_bytes) {
    peer_bytes_.fetch_sub(bytes);
    return;
  }
  inbox_.push(PeerItem{std::move(envelope), bytes});
}

void ReplicaLoop::reconfigure(cluster::ReplicaSettings settings,
                              std::shared_ptr<const transport::SessionOptions> sessions) {
  inbox_.push(NewSettings{std::move(settings), std::move(sessions)});
}

void ReplicaLoop::set_draining(bool draining) {
  inbox_.push(cluster::Input(cluster::SetDraining{draining}));
}

Result<void> ReplicaLoop::begin_backup(storage::BackupPlan plan) {
  return store_worker_->begin_backup(std::move(plan));
}

BackupState ReplicaLoop::backup_state() const { return store_worker_->backup_state(); }

void ReplicaLoop::ask(Query query) { inbox_.push(std::move(query)); }

void ReplicaLoop::read_state(UserId user, std::optional<crdt::Path> path, StateAnswer answer) {
  inbox_.push(StateQuery{std::move(user), std::move(path), std::move(answer)});
}

void ReplicaLoop::on_open(std::shared_ptr<transport::ClientConnection> connection,
                          const transport::Identity& identity) {
  inbox_.push_quietly(Opened{std::move(connection), identity});
}

void ReplicaLoop::on_write(SessionId session, wire::WriteRequest request, std::int64_t read_ns) {
  inbox_.push_quietly(
      cluster::Input(cluster::ClientWrite{session, {}, std::move(request), read_ns}));
}

void ReplicaLoop::on_request(SessionId session, wire::StateRequest request) {
  cluster::ClientRequest input;
  input.session = session;
  input.want = request.want;
  if (!request.cursor.empty()) input.cursor = cursors_.open(request.cursor);
  input.cursor_is_authentic = cursors_.is_authentic();
  input.seen = std::move(request.seen);
  inbox_.push_quietly(cluster::Input(std::move(input)));
}

void ReplicaLoop::on_answer(SessionId session, wire::ClientEvent event) {
  inbox_.push_quietly(cluster::Input(cluster::ClientAnswer{session, {}, std::move(event)}));
}

void ReplicaLoop::on_close(SessionId session) { inbox_.push_quietly(Closed{session}); }

void ReplicaLoop::flush() { inbox_.wake(); }

// ---- on the replica's thread

void ReplicaLoop::take(Item item) {
  std::visit([this](auto& some) { take_one(std::move(some)); }, item);
}

template <class FromClient>
bool ReplicaLoop::complete(FromClient& input) const {
  const Rooms::Session* session = rooms_.find(input.session);
  if (!session) return false;  // closed since, or refused
  input.user = session->user;
  if constexpr (std::is_same_v<FromClient, cluster::ClientWrite>) {
    if (!input.request.tab) input.request.tab = session->tab();
  }
  return true;
}

void ReplicaLoop::take_one(cluster::Input input) {
  if (std::holds_alternative<cluster::Committed>(input)) is_committing_ = false;
  const bool known = std::visit(
      [this](auto& some) {
        if constexpr (requires { some.session; }) {
          return complete(some);
        } else {
          return true;
        }
      },
      input);
  if (known) replica_.step(std::move(input), clock_.now());
}

void ReplicaLoop::take_one(Opened opened) {
  const auto connection = opened.connection;
  if (!rooms_.open(connection, opened.identity.user, random_.next())) {
    connection->close(transport::CloseCode::too_many_connections, "too many connections");
    return;
  }
  rooms_.send(connection->id(),
              {transport::make_auth_ok(*options_.sessions, opened.identity, clock_.now())});
}

void ReplicaLoop::take_one(const Closed& closed) { rooms_.close(closed.session); }

void ReplicaLoop::take_one(PeerItem item) {
  peer_bytes_.fetch_sub(item.bytes);
  replica_.step(
      cluster::PeerReceived{std::move(item.envelope.sender), std::move(item.envelope.message)},
      clock_.now());
}

void ReplicaLoop::take_one(NewSettings settings) {
  options_.sessions = std::move(settings.sessions);
  replica_.step(cluster::Reconfigured{std::move(settings.settings)}, clock_.now());
}

void ReplicaLoop::take_one(const Query& query) {
  query({replica_, rooms_, clock_.now(), round_left_ + inbox_.size(), peer_bytes_.load()});
}

void ReplicaLoop::take_one(StateQuery query) {
  const std::uint64_t token = ++last_token_;
  state_answers_.emplace(token, std::move(query.answer));
  replica_.step(cluster::StateRead{token, std::move(query.user), std::move(query.path)},
                clock_.now());
}

// ---- effects

/// The I/O threads are woken for many effects at once, which spares switches between threads, and
/// yet begin to write before a large group is through.
void ReplicaLoop::carry_out_effects() {
  constexpr std::size_t per_wake = 1024;
  std::vector<cluster::Effect> effects = replica_.take_effects();
  for (std::size_t next = 0; next < effects.size();) {
    const std::size_t past = std::min(next + per_wake, effects.size());
    const transport::HeldWakes held;
    for (; next < past; ++next) {
      std::visit([this](auto& some) { carry_out(some); }, effects[next]);
    }
    rooms_.flush();
  }
}

void ReplicaLoop::carry_out(cluster::LoadUser& effect) { store_worker_->add(std::move(effect)); }

void ReplicaLoop::carry_out(cluster::Commit& effect) {
  is_committing_ = true;
  committer_->commit(std::move(effect));
}

void ReplicaLoop::carry_out(cluster::RecoverStore& effect) {
  store_worker_->add(std::move(effect));
}

void ReplicaLoop::carry_out(cluster::Answer& effect) {
  rooms_.send(effect.session, effect.events, effect.read_ns);
  if (const Rooms::Session* session = rooms_.find(effect.session)) {
    session->connection->answered(1);
    if (effect.refused) session->connection->refused(clock_.now().monotonic_ms);
    log_refusal(effect, *session);
  }
}

void ReplicaLoop::log_refusal(const cluster::Answer& answer, const Rooms::Session& session) {
  if (answer.events.empty()) return;
  const auto* error = std::get_if<wire::ErrorEvent>(&answer.events.front());
  if (!error || !error->of_write) return;
  refusals_.note(answer.session, session.user, *error, clock_.now().monotonic_ms);
}

void ReplicaLoop::carry_out(cluster::Notify& effect) {
  rooms_.send(effect.session, {std::move(effect.event)});
}

void ReplicaLoop::carry_out(cluster::Deliver& effect) {
  const std::size_t sessions =
      rooms_.deliver(effect.user, effect.except, effect.events, effect.read_ns);
  if (!effect.traceparent.empty()) log_delivery(log_, options_.user_hash, effect, sessions);
}

void ReplicaLoop::carry_out(cluster::StateReadAnswer& effect) {
  auto node = state_answers_.extract(effect.token);
  if (node) node.mapped()(std::move(effect.state));
}

void ReplicaLoop::carry_out(cluster::Publish& effect) {
  if (peers_ && !replica_.is_alone()) peers_->publish(effect.message);
}

void ReplicaLoop::carry_out(cluster::AskPeer& effect) {
  if (peers_) peers_->ask(effect.peer, effect.message);
}

void ReplicaLoop::carry_out(cluster::AnswerPeer& effect) {
  if (peers_) peers_->answer(effect.peer, effect.message);
}

void ReplicaLoop::carry_out(cluster::ServePull& effect) { store_worker_->add(std::move(effect)); }

void ReplicaLoop::carry_out(cluster::ServeRepair& effect) { store_worker_->add(std::move(effect)); }

void ReplicaLoop::carry_out(cluster::Scrub& effect) { store_worker_->add(effect); }

void ReplicaLoop::carry_out(cluster::ListUsers& effect) { store_worker_->add(std::move(effect)); }

void ReplicaLoop::carry_out(cluster::FindTombstones& effect) {
  store_worker_->add(std::move(effect));
}

void ReplicaLoop::carry_out(cluster::Dismiss& effect) { rooms_.dismiss(effect.user); }

void ReplicaLoop::carry_out(cluster::GrantPull& effect) { store_worker_->add(std::move(effect)); }

void ReplicaLoop::carry_out(cluster::Note& effect) { log_note(log_, options_.user_hash, effect); }

}  // namespace anabranch::node
