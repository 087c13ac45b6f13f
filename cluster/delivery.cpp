#include "cluster/delivery.h"

#include "base/defects.h"
#include "crdt/materialise.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace anabranch::cluster {

namespace {

using crdt::Change;
using crdt::Document;
using crdt::Path;

bool is_for_clients(const crdt::Payload& payload) { return cluster::is_for_clients(payload.kind); }

/// In a cursor: no user's state is of this generation.
constexpr std::uint64_t unsettled_generation = crdt::max_version;

std::optional<Dot> told_dot(Dot dot, const crdt::VersionVector& vector) {
  if (!vector.covers(dot) && !planted(Defect::tell_dots_beyond_the_vector)) return {};
  return dot;
}

wire::SyncedRecord synced(const Document::Entry& entry, const crdt::VersionVector& vector) {
  const auto& [path, record] = entry;
  return {path, record.stamp, record.payload, told_dot(record.dot, vector)};
}

/// Entries in path order, each once.
using Entries = std::map<Path, const Document::Entry*>;

void add_below(Entries& entries, const Document& document, const Path& path) {
  auto [at, end] = document.below(path);
  for (; at != end; ++at) entries.emplace(at->first, &*at);
}

/// Leaves out `own`, what the hearer has already, but for what lies below a record that is told:
/// a simple client drops it with that one. (Of equal stamps at a path and one below it both stand,
/// so a record that stood before may lie between two of one write.)
void leave_out(Entries& entries, const std::vector<Change>& own) {
  std::set<Path> known;
  for (const Change& change : own) known.insert(change.path);
  const Path* told = nullptr;
  for (auto at = entries.begin(); at != entries.end();) {
    const bool is_below_told = told && told->covers(at->first);
    if (!is_below_told && known.count(at->first) > 0) {
      at = entries.erase(at);
      continue;
    }
    if (!is_below_told) told = &at->first;
    ++at;
  }
}

void append_syncs(std::vector<wire::ClientEvent>& events, const Entries& entries,
                  const crdt::VersionVector& vector) {
  for (const auto& [path, entry] : entries) {
    if (is_for_clients(entry->second.payload)) events.push_back(wire::Sync{synced(*entry, vector)});
  }
}

/// The tombstones that won over a part of the write are gone: deletes just above it stand in for
/// them. All that the part had hidden went with it; what stands below of the same write, and would
/// go with the delete, is told with the delete's stamp, and taken off `told`.
void append_undone(std::vector<wire::ClientEvent>& events, const Acceptance& acceptance,
                   Entries& told) {
  crdt::Stamp stamp = acceptance.stamp;
  ++stamp.timestamp_ms;
  for (const Change& change : acceptance.withheld) {
    events.push_back(wire::Sync{{change.path, stamp, {crdt::RecordKind::tombstone, {}}, {}}});
  }
  for (const Change& change : acceptance.withheld) {
    std::erase_if(told, [&](const auto& entry) {
      const auto& [path, standing] = entry;
      if (!change.path.covers(path) || stamp < standing->second.stamp) return false;
      events.push_back(wire::Sync{{path, stamp, standing->second.payload, {}}});
      return true;
    });
  }
}

}  // namespace

std::vector<wire::ClientEvent> events_of_write(const Document& document, const crdt::Write& write,
                                               const std::vector<Change>& won,
                                               const crdt::VersionVector& vector,
                                               const wire::Traceparent& traceparent) {
  std::vector<wire::ClientEvent> events;
  const std::optional<Dot> dot = told_dot(write.dot, vector);
  if (write.is_batch && !planted(Defect::split_batch_in_delivery)) {
    std::vector<Change> shown;
    std::copy_if(won.begin(), won.end(), std::back_inserter(shown),
                 [](const Change& change) { return is_for_clients(change.payload); });
    if (!shown.empty()) {
      events.push_back(wire::BatchSync{write.stamp, dot, std::move(shown), traceparent});
    }
  } else {
    events.reserve(won.size());
    for (const Change& change : won) {
      if (!is_for_clients(change.payload)) continue;
      events.push_back(wire::Sync{{change.path, write.stamp, change.payload, dot}, traceparent});
    }
  }

  Entries below;
  if (planted(Defect::no_retelling_below)) return events;
  for (const Change& change : won) add_below(below, document, change.path);
  if (below.empty()) return events;
  leave_out(below, won);
  append_syncs(events, below, vector);
  return events;
}

std::vector<wire::ClientEvent> events_for_writer(const Document& document,
                                                 const Acceptance& acceptance,
                                                 const crdt::VersionVector& vector) {
  Entries told;
  const bool retells = !planted(Defect::no_retelling_below_to_writer);
  if (retells) {
    for (const Change& change : acceptance.to_store) add_below(told, document, change.path);
    for (const Change& change : acceptance.repeated) add_below(told, document, change.path);
  }
  for (const Change& change : acceptance.lost) {
    for (const Document::Entry* winner :
         document.dominators(change.path, acceptance.stamp, change.payload)) {
      told.emplace(winner->first, winner);
      add_below(told, document, winner->first);
    }
  }
  for (const Change& change : acceptance.withheld) add_below(told, document, change.path);
  std::vector<wire::ClientEvent> events;
  if (told.empty() && acceptance.withheld.empty()) return events;
  std::vector<Change> own;
  if (retells) {
    own = acceptance.to_store;
    own.insert(own.end(), acceptance.repeated.begin(), acceptance.repeated.end());
  }
  append_undone(events, acceptance, told);
  leave_out(told, own);
  append_syncs(events, told, vector);
  return events;
}

bool is_for_clients(crdt::RecordKind kind) {
  return kind == crdt::RecordKind::value || kind == crdt::RecordKind::tombstone;
}

bool wants_full(const ClientRequest& request) {
  using Want = wire::StateRequest::Want;
  return request.want == Want::full || (request.want == Want::unstated && !request.cursor);
}

/// What was told in another generation may have been wrong, and of what was deleted since an old
/// cursor nothing may be left to tell.
bool wants_all(const ClientRequest& request, const crdt::VersionVector& known,
               const crdt::Horizon& horizon) {
  const bool knows_deletes =
      known.covers(horizon.collected) || planted(Defect::forget_what_was_collected);
  return !request.cursor || request.cursor->generation != horizon.generation() || !knows_deletes;
}

crdt::VersionVector known_to(const ClientRequest& request) {
  crdt::VersionVector known;
  if (request.cursor) known = request.cursor->vector;
  for (const Dot& dot : request.seen) known.raise(dot.origin, dot.seq);
  return known;
}

namespace {

wire::Position position(const crdt::VersionVector& known, std::uint64_t version,
                        const crdt::Horizon& horizon, const crdt::VersionVector& vector,
                        const RetiredOrigins& retired) {
  wire::Position at{version, vector, !vector.covers(known), horizon.generation()};
  // A client keeps what an answer that is behind does not cover.
  if (!at.behind) at.vector = retired.leave_out_of(vector, horizon.collected);
  return at;
}

wire::Delta begin_delta(const ClientRequest& request, const crdt::VersionVector& known,
                        const crdt::Horizon& horizon, wire::Position position) {
  wire::Delta delta;
  delta.complete = wants_all(request, known, horizon);
  delta.position = std::move(position);
  // Who is told less than it knows keeps what it has, and so is to be told all once more.
  if (delta.complete && delta.position.behind) delta.position.generation = unsettled_generation;
  return delta;
}

}  // namespace

wire::ClientEvent answer_request(const Document& document, const ClientRequest& request,
                                 const crdt::VersionVector& vector, const RetiredOrigins& retired) {
  const crdt::Horizon& horizon = document.horizon();
  crdt::VersionVector known = known_to(request);
  wire::Position at = position(known, document.version(), horizon, vector, retired);
  if (wants_full(request)) return wire::Full{crdt::materialise(document), std::move(at)};

  wire::Delta delta = begin_delta(request, known, horizon, std::move(at));
  MissedRecords missed(delta.complete ? crdt::VersionVector() : std::move(known));
  for (const Document::Entry& entry : document.records()) {
    const auto& [path, record] = entry;
    const bool told = missed.holds(path.key(), record.dot) && is_for_clients(record.payload);
    if (told) delta.changes.push_back(synced(entry, vector));
  }
  return delta;
}

wire::ClientEvent answer_request(StoredState state, const ClientRequest& request,
                                 const crdt::VersionVector& vector, const RetiredOrigins& retired) {
  const crdt::VersionVector known = known_to(request);
  wire::Position at = position(known, state.version, state.horizon, vector, retired);
  if (wants_full(request)) return wire::Full{std::move(state.full), std::move(at)};

  wire::Delta delta = begin_delta(request, known, state.horizon, std::move(at));
  delta.changes = std::move(state.changes);
  for (wire::SyncedRecord& change : delta.changes) change.dot = told_dot(*change.dot, vector);
  return delta;
}

}  // namespace anabranch::cluster
