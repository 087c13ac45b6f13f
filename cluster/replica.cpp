#include "cluster/replica.h"

#include "base/check.h"
#include "base/defects.h"

#include <algorithm>
#include <utility>

namespace anabranch::cluster {

namespace {

/// A publication is cut into messages of about this size, so that none holds a slow link up.
constexpr std::size_t publication_bytes = 256 << 10;

/// Room is made at once for as many inputs as the last group held, up to so many.
constexpr std::size_t usual_group = 1024;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

const UserId& user_of(const UserInput& input) {
  return std::visit([](const auto& some) -> const UserId& { return some.user; }, input);
}

wire::ErrorEvent unavailable(const wire::WriteRequest& request) {
  wire::ErrorEvent error;
  error.code = wire::ErrorCode::unavailable;
  error.message = "this node cannot store now; keep the write and retry here or at another node";
  error.id = request.id;
  error.of_write = true;
  error.traceparent = request.traceparent;
  return error;
}

}  // namespace

Replica::Replica(ReplicaOptions options, wire::StoreState state, Random& random, Now now,
                 const Audience* audience)
    : options_(std::move(options)),
      random_(random),
      audience_(audience),
      now_(now),
      started_ms_(now.monotonic_ms),
      started_wall_ms_(now.wall_ms),
      ledger_(std::move(state)),
      documents_(options_.document_cache_bytes),
      rate_(options_.updates_per_minute, options_.update_burst),
      replicated_acks_(options_.acks),
      peers_(options_.others),
      streams_(options_.stream_bytes),
      anti_entropy_(random.next()),
      last_heartbeat_ms_(now.monotonic_ms - heartbeat_limit_ms) {
  caught_up_ = options_.others.empty();
  repair_needs_.damaged_at = ledger_.vector();
}

void Replica::step(Input input, Now now) {
  now_ = now;
  std::visit(Overloaded{
                 [this](ClientWrite& some) { on(UserInput(std::move(some))); },
                 [this](ClientRequest& some) { on(UserInput(std::move(some))); },
                 [this](ClientAnswer& some) { on(UserInput(std::move(some))); },
                 [this](StateRead& some) { on(UserInput(std::move(some))); },
                 [this](auto& some) { on(std::move(some)); },
             },
             input);
}

std::vector<Effect> Replica::take_effects() { return std::exchange(effects_, {}); }

void Replica::note(Note::Level level, std::string text, std::vector<NoteField> fields) {
  emit(Note{level, std::move(text), std::move(fields)});
}

void Replica::on(UserInput input) {
  const UserId& user = user_of(input);
  DocumentCache::Entry* entry = documents_.find(user);
  if (!entry) {
    // An answer needs no document, only its place behind what the user's sessions sent before.
    if (auto* answer = std::get_if<ClientAnswer>(&input)) return hold_answer(std::move(*answer));
    entry = &documents_.begin_loading(user);
    entry->waiting.push_back(std::move(input));
    return load(user_of(entry->waiting.front()), *entry);
  }
  if (!entry->loaded) {
    entry->waiting.push_back(std::move(input));
    return;
  }
  dispatch(*entry, std::move(input));
}

void Replica::dispatch(DocumentCache::Entry& entry, UserInput input) {
  std::visit([&](auto& some) { handle(entry, std::move(some)); }, input);
}

/// Has the document loaded, or, where only a request waits for it, what answers that.
void Replica::load(const UserId& user, DocumentCache::Entry& entry) {
  LoadUser effect{user};
  if (!entry.is_wanted && !entry.waiting.empty()) {
    const auto* request = std::get_if<ClientRequest>(&entry.waiting.front());
    if (request) effect.request = *request;
  }
  emit(std::move(effect));
}

DocumentCache::Entry* Replica::loaded(const UserId& user) {
  DocumentCache::Entry* entry = documents_.find(user);
  if (entry && entry->loaded) return entry;
  const bool is_new = !entry;
  if (is_new) entry = &documents_.begin_loading(user);
  entry->is_wanted = true;
  if (is_new) load(user, *entry);
  return nullptr;
}

void Replica::on(StateLoaded loaded) {
  DocumentCache::Entry* entry = documents_.find(loaded.user);
  if (!entry || entry->loaded) return;
  if (!loaded.state) return refuse_unread(loaded.user, loaded.state.error());
  const UserId user = loaded.user;
  answer_from_store(entry->waiting, std::move(loaded));
  if (entry->waiting.empty() && !entry->is_wanted) return documents_.erase(user);
  load(user, *entry);
}

void Replica::on(UserLoaded loaded) {
  DocumentCache::Entry* entry = documents_.find(loaded.user);
  if (!entry || entry->loaded) return;
  if (!loaded.records) return refuse_unread(loaded.user, loaded.records.error());
  std::deque<UserInput> waiting = std::move(entry->waiting);
  for (auto& [path, record] : *loaded.records) {
    const std::int64_t timestamp_ms = record.stamp.timestamp_ms;
    const auto kept = entry->document.merge(path, std::move(record));
    // A timestamp from the future must not drag the ones that this node gives along with it.
    if (kept.stored && timestamp_ms <= now_.wall_ms) {
      entry->issued_ms = std::max(entry->issued_ms, timestamp_ms);
    }
  }
  entry->loaded = true;
  documents_.pin(loaded.user);  // what waited for it may load others and so make room
  documents_.reweigh(loaded.user);
  for (UserInput& input : waiting) dispatch(*entry, std::move(input));
  drain_pieces();
  drain_streams();
  drain_repair();
  drain_collection();
  documents_.unpin(loaded.user);
}

/// Answers all that waits for records which cannot be read.
void Replica::refuse_unread(const UserId& user, const Error& error) {
  const std::deque<UserInput> waiting = std::move(documents_.find(user)->waiting);
  documents_.erase(user);
  note(Note::Level::error, "cannot read a user's records: " + error.message);
  for (const UserInput& input : waiting) {
    if (const auto* write = std::get_if<ClientWrite>(&input)) {
      refuse(*write, unavailable(write->request));
    } else if (const auto* request = std::get_if<ClientRequest>(&input)) {
      hold_answer({request->session, request->user, unavailable({})});
    } else if (const auto* answer = std::get_if<ClientAnswer>(&input)) {
      hold_answer(*answer);
    } else if (const auto* read = std::get_if<StateRead>(&input)) {
      open_.held.push_back(HeldRead{*read, {read->token, tl::unexpected(error)}});
    }
  }
}

void Replica::keep_document(const UserId& user) {
  if (open_.pinned.insert(user).second) documents_.pin(user);
}

void Replica::flush(Now now) {
  now_ = now;
  if (in_flight_) return;
  if (storage_ok_ && ledger_.has_changes()) {
    open_.ticket = ++last_ticket_;
    open_.staged = ledger_.take();
    emit(Commit{open_.ticket, open_.staged.batch});
    in_flight_ = std::exchange(open_, {});
    open_.held.reserve(std::min(in_flight_->held.size(), usual_group));
    if (planted(Defect::ack_before_disk)) {
      Group early;
      early.held.swap(in_flight_->held);
      release(std::move(early));
    }
  } else if (!open_.held.empty() || !open_.pinned.empty()) {
    release(std::exchange(open_, {}));
  }
}

void Replica::on(const Committed& committed) {
  ANABRANCH_CHECK(in_flight_ && in_flight_->ticket == committed.ticket);
  Group group = std::move(*in_flight_);
  in_flight_.reset();
  if (!committed.ok && !planted(Defect::failed_commit_taken_for_done)) {
    fail_group(std::move(group));
    return;
  }
  ledger_.settled(group.staged);
  const auto& advanced = group.staged.batch->advanced;
  const ReplicaId self = ledger_.durable().replica;
  if (group.staged.batch->replica) commit_times_ = {};
  commit_times_.note(advanced[self], now_.monotonic_ms);
  progress_untold_ = progress_untold_ || !advanced.entries().empty();
  const bool standing_changed = group.staged.batch->standing.has_value();
  release(std::move(group));
  if (standing_changed) tell_standing();
  if (is_being_admitted() && repair_->list_after == committed.ticket) {
    repair_->list_after = 0;
    list_own_users();
  }
  drain_pieces();
  drain_streams();
  drain_repair();
  drain_collection();
  tell_progress();
  update_caught_up();
}

void Replica::release(Group group) {
  publish(std::move(group.published), group.traces);
  measure(group.arrived);
  for (Note& traced : group.traced) emit(std::move(traced));
  effects_.reserve(effects_.size() + 2 * group.held.size());
  for (Held& held : group.held) {
    std::visit(Overloaded{
                   [this](HeldWrite& write) {
                     ++(write.applied ? counters_.updates_accepted : counters_.updates_stale);
                     if (write.replicated) {
                       replicated_acks_.wait_for(std::move(write.waits_for), write.write.session,
                                                 std::move(*write.replicated));
                     }
                     if (write.deliver) emit(std::move(*write.deliver));
                     emit(std::move(write.answer));
                   },
                   [this](HeldRequest& request) {
                     if (planted(Defect::answer_claims_more_than_it_tells)) {
                       for (wire::ClientEvent& event : request.answer.events) {
                         auto* delta = std::get_if<wire::Delta>(&event);
                         if (delta) delta->position.vector.join(ledger_.durable().vector);
                       }
                     }
                     emit(std::move(request.answer));
                   },
                   [this](HeldAnswer& held_answer) {
                     ClientAnswer& answer = held_answer.answer;
                     const auto* error = std::get_if<wire::ErrorEvent>(&answer.event);
                     if (error && error->of_write) {
                       ++counters_.updates_rejected;
                       ++counters_.rejected_by_code[error->code];
                     }
                     Answer out{answer.session, {}, held_answer.refused};
                     out.events.push_back(std::move(answer.event));
                     emit(std::move(out));
                   },
                   [this](HeldRead& read) { emit(std::move(read.answer)); },
                   [this](HeldRedelivery& again) {
                     if (!again.deliver.events.empty()) emit(std::move(again.deliver));
                   },
                   [this](Deliver& deliver) { emit(std::move(deliver)); },
                   [this](Dismiss& dismiss) { emit(std::move(dismiss)); },
               },
               held);
  }
  for (const UserId& user : group.pinned) documents_.unpin(user);
}

void Replica::publish(std::vector<Published> writes,
                      const std::map<Dot, wire::Traceparent>& traces) {
  wire::PublishedWrites message;
  std::size_t bytes = 0;
  const auto send = [&] {
    message.committed_ms = now_.wall_ms;
    if (!message.writes.empty()) emit(Publish{std::exchange(message, {})});
    bytes = 0;
  };
  for (Published& one : writes) {
    const bool is_other =
        !message.writes.empty() && (message.writes.back().dot.origin != one.write.dot.origin ||
                                    message.admitted != one.admitted);
    if (is_other || bytes >= publication_bytes) send();
    bytes += weight_of(one.write);
    const auto trace = traces.find(one.write.dot);
    if (trace != traces.end()) message.traces.emplace(one.write.dot.seq, trace->second);
    message.admitted = one.admitted;
    message.writes.push_back(std::move(one.write));
  }
  send();
}

void Replica::fail_group(Group group) {
  fail_storage(*group.staged.batch);
  // Everything since the last good commit is undone: this group's work and the open one's. Their
  // inputs go round again in their order, the writes as the error that answers them; requests and
  // reads find what is durable.
  std::vector<Held> held = std::move(group.held);
  std::move(open_.held.begin(), open_.held.end(), std::back_inserter(held));
  group.pinned.merge(open_.pinned);
  open_ = {};
  for (const UserId& user : group.pinned) documents_.erase(user);
  // What waits for a document came after what was held.
  std::deque<UserInput> later = documents_.take_waiting();
  for (Held& one : held) {
    std::visit(Overloaded{
                   [this](HeldWrite& write) {
                     on(UserInput(ClientAnswer{write.write.session, write.write.user,
                                               unavailable(write.write.request)}));
                   },
                   [this](HeldRequest& request) { on(UserInput(std::move(request.request))); },
                   [this](HeldAnswer& answer) { on(UserInput(std::move(answer.answer))); },
                   [this](HeldRead& read) { on(UserInput(std::move(read.read))); },
                   [this](HeldRedelivery& again) { on(UserInput(std::move(again.redelivery))); },
                   [](Deliver&) {},
                   [this](Dismiss& dismiss) { doubtful_users_.insert(dismiss.user); },
               },
               one);
  }
  for (UserInput& input : later) on(std::move(input));
}

/// What the disk holds whatever has become of the failed batch. (The highest record held beyond
/// the vector may lie above one that the batch was to bring.)
crdt::VersionVector Replica::surely_held(const wire::StoreBatch& in_doubt) const {
  std::map<ReplicaId, std::uint64_t> first_in_doubt;
  for (const wire::RecordChange& change : in_doubt.records) {
    if (change.kind != wire::RecordChange::Kind::put) continue;
    const Dot dot = change.record.dot;
    const auto [at, is_new] = first_in_doubt.try_emplace(dot.origin, dot.seq);
    at->second = std::min(at->second, dot.seq);
  }
  crdt::VersionVector held = ledger_.durable().vector;
  for (const auto& [origin, seq] : ledger_.durable().beyond.entries()) {
    const auto first = first_in_doubt.find(origin);
    held.raise(origin, first == first_in_doubt.end() ? seq : std::min(seq, first->second - 1));
  }
  return held;
}

void Replica::fail_storage(const wire::StoreBatch& in_doubt) {
  storage_ok_ = false;
  ledger_.roll_back();
  if (drain_) drain_->accepted = ledger_.vector();  // the rest was refused after all
  drop_what_peers_sent();
  repair_.reset();
  collection_.forget_passes();
  repair_needs_.scrub.reset();
  repair_needs_.next_scrub_ms = 0;  // what the last one found may be undone
  arrivals_.clear();
  note(Note::Level::error, "the disk refuses writes: clients' writes are refused until it is back");
  // Whether this process may go on under its id is asked again: what had settled it is undone.
  has_written_ = false;
  emit(RecoverStore{surely_held(in_doubt)});
}

void Replica::on(StoreRecovered recovered) {
  storage_ok_ = true;
  ledger_.reset(std::move(recovered.state));
  documents_.clear();
  note(Note::Level::info, "the disk takes writes again");
  judge_all_standings();
  for (const UserId& user : std::exchange(doubtful_users_, {})) emit(Dismiss{user});
  if (!planted(Defect::no_word_of_resurfaced_writes)) redeliver(std::move(recovered.resurfaced));
  progress_untold_ = true;
}

/// Their authors were told to retry; everyone else learns of them here, peers by a pull. The newest
/// come first: what superseded a part of a batch is told before what is left of it. And they come
/// before what waits: an answer to a write that lost to a batch must not tell a part of it.
void Replica::redeliver(std::vector<crdt::Write> writes) {
  std::stable_sort(
      writes.begin(), writes.end(),
      [](const crdt::Write& one, const crdt::Write& other) { return one.stamp < other.stamp; });
  for (crdt::Write& write : writes) {
    const UserId user = write.user;
    DocumentCache::Entry* entry = documents_.find(user);
    const bool is_new = !entry;
    if (is_new) entry = &documents_.begin_loading(user);
    // No document is at hand: all were dropped with what was in memory alone.
    entry->waiting.push_front(Redelivery{user, std::move(write)});
    if (is_new) load(user, *entry);
  }
}

}  // namespace anabranch::cluster
