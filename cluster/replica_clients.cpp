#include "base/defects.h"
#include "cluster/delivery.h"
#include "cluster/replica.h"
#include "crdt/materialise.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace anabranch::cluster {

namespace {

wire::ErrorEvent error_of(wire::ErrorCode code, std::string message) {
  wire::ErrorEvent error;
  error.code = code;
  error.message = std::move(message);
  return error;
}

bool asks_the_same(const ClientRequest& one, const ClientRequest& other) {
  return one.want == other.want && one.cursor == other.cursor && one.seen == other.seen;
}

/// The dots that make the write as safe as what stands of it (under `dot`, which comes last) and
/// what stands in place of the rest.
std::vector<Dot> dots_to_wait_for(const crdt::Document& document, const Acceptance& acceptance,
                                  std::optional<Dot> dot) {
  std::set<Dot> others;
  for (const crdt::Change& change : acceptance.repeated) {
    others.insert(document.find(change.path)->dot);
  }
  for (const crdt::Change& change : acceptance.lost) {
    const auto winners = document.dominators(change.path, acceptance.stamp, change.payload);
    others.insert(winners.front()->second.dot);
  }
  if (dot) others.erase(*dot);
  std::vector<Dot> dots(others.begin(), others.end());
  if (dot) dots.push_back(*dot);
  return dots;
}

}  // namespace

void Replica::hold_answer(ClientAnswer answer, bool refused) {
  open_.held.push_back(HeldAnswer{std::move(answer), refused});
}

void Replica::hold_state(ClientRequest request, wire::ClientEvent event) {
  note_keeping(request.user, event);
  Answer answer{request.session, {}};
  answer.events.push_back(std::move(event));
  open_.held.push_back(HeldRequest{std::move(request), std::move(answer)});
}

void Replica::refuse(const ClientWrite& write, wire::ErrorEvent error) {
  error.id = write.request.id;
  error.of_write = true;
  error.traceparent = write.request.traceparent;
  hold_answer({write.session, write.user, std::move(error)}, true);
}

void Replica::mint(const std::string& why) {
  const ReplicaId former = ledger_.replica();
  ReplicaId fresh;
  do {
    fresh.value = random_.next();
  } while (fresh.value == 0 || ledger_.vector()[fresh] > 0);
  ledger_.mint(fresh);
  if (is_being_admitted()) repair_->own_ids.insert(fresh);
  note(Note::Level::warning,
       "new replica id " + fresh.to_string() + " after " + former.to_string() + ": " + why);
}

void Replica::mint_before_first_write() {
  if (has_written_ || planted(Defect::reuse_seq_after_restore)) return;
  has_written_ = true;
  // Someone who is away may know more of this id than this disk does (a copied directory), also
  // where this disk knows of no write of its own at all.
  if (!peers_.all_heard()) mint("not every member has been heard since the start");
}

/// A write of this replica: the next of its log. Returns the changes that won.
std::vector<crdt::Change> Replica::write_own(DocumentCache::Entry& entry, const UserId& user,
                                             crdt::Stamp stamp, std::vector<crdt::Change> changes,
                                             bool is_batch) {
  mint_before_first_write();
  const ReplicaId self = ledger_.replica();
  crdt::Write write{
      user, std::move(stamp), {self, ledger_.vector()[self] + 1}, is_batch, std::move(changes)};
  auto won = ledger_.apply(entry.document, write, true);
  keep_document(user);
  documents_.reweigh(user);
  if (planted(Defect::publish_before_disk)) emit(Publish{wire::PublishedWrites{{write}}});
  open_.published.push_back({std::move(write), ledger_.standing().admitted});
  return won;
}

void Replica::handle(DocumentCache::Entry& entry, ClientWrite write) {
  if (!storage_ok_) {
    refuse(write, error_of(wire::ErrorCode::unavailable,
                           "this node cannot store now; keep the write and retry here or at "
                           "another node"));
    return;
  }
  if (drain_ && !planted(Defect::take_writes_while_draining)) {
    refuse(write, error_of(wire::ErrorCode::unavailable,
                           "this node is draining; keep the write and retry at another node"));
    return;
  }
  if (const auto wait = rate_.wait_ms(write.user, now_.monotonic_ms)) {
    auto error = error_of(wire::ErrorCode::rate_limited,
                          "more than " + std::to_string(options_.updates_per_minute) +
                              " updates a minute; keep the write and retry later");
    error.retry_after_ms = *wait;
    refuse(write, std::move(error));
    return;
  }
  auto judged =
      judge_write(entry.document, write.request, options_.state, now_.wall_ms, entry.issued_ms);
  if (!judged) return refuse(write, std::move(judged.error()));
  rate_.take(write.user, now_.monotonic_ms);

  const Acceptance& acceptance = *judged;
  HeldWrite held;
  held.applied = acceptance.applied();
  std::optional<Dot> dot = acceptance.standing;
  if (!acceptance.to_store.empty()) {
    const auto won =
        write_own(entry, write.user, acceptance.stamp, acceptance.to_store, write.request.is_batch);
    const crdt::Write& stored = open_.published.back().write;
    dot = stored.dot;
    std::optional<SessionId> writer = write.session;
    if (planted(Defect::echo_to_the_writer)) writer.reset();
    const wire::Traceparent& traceparent = write.request.traceparent;
    if (!traceparent.empty() || is_heard(write.user, writer)) {
      held.deliver =
          Deliver{write.user,
                  writer,
                  events_of_write(entry.document, stored, won, ledger_.vector(), traceparent),
                  write.read_ns,
                  traceparent,
                  stored.dot};
    }
  }

  trace(write, acceptance, dot);

  held.answer.session = write.session;
  held.answer.read_ns = write.read_ns;
  if (write.request.id) {
    wire::Ack ack{*write.request.id,        acceptance.applied(),
                  acceptance.stamp.version, acceptance.stamp.timestamp_ms,
                  wire::Durability::local,  {}};
    if (dot && ledger_.vector().covers(*dot)) ack.dot = dot;
    if (options_.acks > 0) {
      held.replicated = ack;
      held.waits_for = dots_to_wait_for(entry.document, acceptance, dot);
    }
    held.answer.events.push_back(std::move(ack));
  }
  for (wire::ClientEvent& event : events_for_writer(entry.document, acceptance, ledger_.vector())) {
    held.answer.events.push_back(std::move(event));
  }
  write.request.changes.clear();
  held.write = std::move(write);
  open_.held.push_back(std::move(held));
}

void Replica::check_cursor(const ClientRequest& request) {
  const ReplicaId self = ledger_.replica();
  if (request.cursor && request.cursor_is_authentic &&
      request.cursor->vector[self] > ledger_.vector()[self]) {
    lose_admission("a client knows more of it than this disk does");
  }
}

/// Answers what stands first of what waits, as far as `loaded` does that. All changes to the user's
/// state need the document, so what was read is the state still.
void Replica::answer_from_store(std::deque<UserInput>& waiting, StateLoaded loaded) {
  while (!waiting.empty()) {
    if (auto* found = std::get_if<ClientAnswer>(&waiting.front())) {
      hold_answer(std::move(*found));
    } else if (auto* request = std::get_if<ClientRequest>(&waiting.front());
               request && asks_the_same(*request, loaded.request)) {
      check_cursor(*request);
      const bool is_last = waiting.size() == 1;
      auto event = answer_request(is_last ? std::move(*loaded.state) : StoredState(*loaded.state),
                                  *request, ledger_.vector(), retired_);
      hold_state(std::move(*request), std::move(event));
    } else {
      return;
    }
    waiting.pop_front();
  }
}

void Replica::handle(DocumentCache::Entry& entry, ClientRequest request) {
  check_cursor(request);
  auto event = answer_request(entry.document, request, ledger_.vector(), retired_);
  hold_state(std::move(request), std::move(event));
}

void Replica::handle(DocumentCache::Entry&, ClientAnswer answer) { hold_answer(std::move(answer)); }

void Replica::handle(DocumentCache::Entry& entry, StateRead read) {
  std::optional<std::string> state = read.path ? crdt::materialise_at(entry.document, *read.path)
                                               : crdt::materialise(entry.document);
  const std::uint64_t token = read.token;
  open_.held.push_back(HeldRead{std::move(read), {token, std::move(state)}});
}

void Replica::handle(DocumentCache::Entry& entry, Redelivery redelivery) {
  const crdt::Write& write = redelivery.write;
  std::vector<crdt::Change> standing;
  for (const crdt::Change& change : write.changes) {
    const crdt::Record* record = entry.document.find(change.path);
    if (record && record->dot == write.dot) standing.push_back(change);
  }
  auto events = events_of_write(entry.document, write, standing, ledger_.vector());
  Deliver deliver{write.user, {}, std::move(events)};
  open_.held.push_back(HeldRedelivery{std::move(redelivery), std::move(deliver)});
}

}  // namespace anabranch::cluster
