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

/// Kinds of a newer node are kept and passed on between nodes; clients cannot read them.
bool is_for_clients(const crdt::Payload& payload) {
  return payload.kind == crdt::RecordKind::value || payload.kind == crdt::RecordKind::tombstone;
}

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

wire::ClientEvent answer_request(const Document& document, const ClientRequest& request,
                                 const crdt::VersionVector& vector, const RetiredOrigins& retired) {
  crdt::VersionVector known;
  if (request.cursor) known = request.cursor->vector;
  for (const Dot& dot : request.seen) known.raise(dot.origin, dot.seq);
  const std::uint64_t generation = document.horizon().generation();
  const bool knows_deletes =
      known.covers(document.horizon().collected) || planted(Defect::forget_what_was_collected);
  wire::Position position{document.version(), vector, !vector.covers(known), generation};
  // A client keeps what an answer that is behind does not cover.
  if (!position.behind) {
    position.vector = retired.leave_out_of(vector, document.horizon().collected);
  }

  using Want = wire::StateRequest::Want;
  if (request.want == Want::full || (request.want == Want::unstated && !request.cursor)) {
    return wire::Full{crdt::materialise(document), std::move(position)};
  }

  wire::Delta delta;
  // What was told in another generation may have been wrong, and of what was deleted since an old
  // cursor nothing may be left to tell.
  delta.complete = !request.cursor || request.cursor->generation != generation || !knows_deletes;
  delta.position = std::move(position);
  // Who is told less than it knows keeps what it has, and so is to be told all once more.
  if (delta.complete && delta.position.behind) delta.position.generation = unsettled_generation;
  const Path* changed = nullptr;  // below it everything is told again
  for (const Document::Entry& entry : document.records()) {
    const bool missed = delta.complete || !known.covers(entry.second.dot) ||
                        (changed && changed->covers(entry.first));
    if (!missed) continue;
    if (!changed || !changed->covers(entry.first)) changed = &entry.first;
    if (is_for_clients(entry.second.payload)) delta.changes.push_back(synced(entry, vector));
  }
  return delta;
}

}  // namespace anabranch::cluster
