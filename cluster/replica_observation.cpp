#include "cluster/replica.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace anabranch::cluster {

namespace {

/// A clock that was far off is right again below this part of the bound: one that wavers about the
/// bound is not told of again and again.
constexpr double calm_part = 0.8;
/// No lag is told as longer: a thousand days.
constexpr double max_lag_ms = 86'400'000e3;

std::vector<NoteField> fields_of(const wire::Traceparent& traceparent, std::optional<Dot> dot) {
  std::vector<NoteField> fields{{"traceparent", std::string(traceparent.text())}};
  if (dot) fields.push_back({"dot", dot->to_string()});
  return fields;
}

Note step_of(const wire::Traceparent& traceparent, std::string text, const UserId& user,
             std::optional<Dot> dot) {
  const auto level = traceparent.is_sampled() ? Note::Level::info : Note::Level::debug;
  return {level, std::move(text), fields_of(traceparent, dot), user, {}};
}

}  // namespace

/// Notes the way of a traced write at its own node; `dot` is where it stands, if it does.
void Replica::trace(const ClientWrite& write, const Acceptance& acceptance,
                    std::optional<Dot> dot) {
  const wire::Traceparent& traceparent = write.request.traceparent;
  if (traceparent.empty()) return;
  Note accepted = step_of(traceparent, "update accepted", write.user, dot);
  accepted.session = write.session;
  accepted.fields.push_back({"applied", acceptance.applied()});
  Note durable = accepted;
  durable.text = "update durable";
  emit(std::move(accepted));
  open_.traced.push_back(std::move(durable));
  if (acceptance.to_store.empty()) return;
  open_.traces.emplace(*dot, traceparent);
  if (!peers_.all().empty()) {
    open_.traced.push_back(step_of(traceparent, "update published", write.user, dot));
  }
}

/// A write that a peer has published goes into the open group: gives its traceparent.
wire::Traceparent Replica::observe_arrival(const crdt::Write& write) {
  const Arrivals::Publication* publication = arrivals_.find(write.dot);
  if (!publication) return {};
  auto& arrived = open_.arrived;
  const bool goes_on = !arrived.empty() && arrived.back().peer == publication->peer &&
                       arrived.back().committed_ms == publication->committed_ms;
  if (!goes_on) arrived.push_back({publication->peer, publication->committed_ms, 0});
  ++arrived.back().writes;

  const auto trace = publication->traces.find(write.dot.seq);
  if (trace == publication->traces.end()) return {};
  Note applied = step_of(trace->second, "update applied", write.user, write.dot);
  applied.fields.push_back({"peer", publication->peer});
  open_.traced.push_back(std::move(applied));
  return trace->second;
}

/// They are durable here now. Where the peer's clock has not been compared yet nothing is known.
void Replica::measure(const std::vector<Arrived>& arrived) {
  constexpr double ns_per_ms = 1e6;
  for (const Arrived& one : arrived) {
    Peer* peer = peers_.find(one.peer);
    if (!peer || !peer->clock_offset_ms) continue;
    const auto span = static_cast<double>(now_.wall_ms - one.committed_ms);
    // Clocks may be set far off: what no histogram could hold has the last bucket.
    const double lag_ms = std::clamp(span + *peer->clock_offset_ms, 0.0, max_lag_ms);
    peer->replication_lag.add(static_cast<std::int64_t>(lag_ms * ns_per_ms), one.writes);
  }
}

/// Says once that a peer's clock is far off, and once that it is so no more. While the answer took
/// too long to tell, nothing is said.
void Replica::watch_clock(Peer& peer, double uncertainty_ms) {
  const double offset_ms = *peer.clock_offset_ms;
  const double off = std::abs(offset_ms);
  const bool is_far = off - uncertainty_ms > worrying_clock_offset_ms;
  const bool is_calm = off + uncertainty_ms <= calm_part * worrying_clock_offset_ms;
  if (peer.clock_noted ? !is_calm : !is_far) return;
  peer.clock_noted = !peer.clock_noted;
  note(peer.clock_noted ? Note::Level::warning : Note::Level::info,
       peer.clock_noted ? "peer's clock is far off: see that both nodes' clocks are synchronised"
                        : "peer's clock is right again",
       {{"peer", peer.member.name},
        {"offset_seconds", offset_ms / 1000.0},
        {"limit_seconds", worrying_clock_offset_ms / 1000.0}});
}

/// Publications of the peer that should have come have not; `told` is what it has told of.
void Replica::note_lost(const Peer& peer, Dot told) {
  ++counters_.gaps_found;
  note(Note::Level::info, "publications lost",
       {{"peer", peer.member.name},
        {"origin", told.origin.to_string()},
        {"known_seq", ledger_.vector()[told.origin]},
        {"told_seq", told.seq}});
}

void Replica::note_pull_finished() {
  const auto taken = static_cast<double>(now_.monotonic_ms - pull_tally_.started_ms);
  note(Note::Level::info, "pull finished",
       {{"peer", anti_entropy_.active()->peer},
        {"records", pull_tally_.records},
        {"bytes", pull_tally_.bytes},
        {"seconds", taken / 1000.0}});
}

}  // namespace anabranch::cluster
