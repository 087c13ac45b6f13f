#include "cluster/acceptance.h"

#include "base/defects.h"
#include "crdt/canonical_walk.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace anabranch::cluster {

namespace {

using crdt::Change;
using crdt::Document;
using crdt::RecordKind;

tl::unexpected<wire::ErrorEvent> refuse(wire::ErrorCode code, std::string message) {
  wire::ErrorEvent error;
  error.code = code;
  error.message = std::move(message);
  return tl::unexpected(std::move(error));
}

std::int64_t issue_timestamp(std::int64_t wall_ms, std::int64_t& issued_ms) {
  issued_ms = std::max(wall_ms, issued_ms + 1);
  return issued_ms;
}

crdt::Stamp stamp_of(const wire::WriteRequest& request, std::uint64_t version, std::int64_t wall_ms,
                     std::int64_t& issued_ms) {
  const bool trusted =
      request.timestamp_ms && *request.timestamp_ms <= wall_ms + max_timestamp_lead_ms;
  const std::int64_t timestamp =
      trusted ? *request.timestamp_ms : issue_timestamp(wall_ms, issued_ms);
  return {version, timestamp, request.tab ? SharedText(*request.tab) : SharedText()};
}

/// What the state would weigh after a write: its records that would go are counted once each, also
/// where the write holds a path and one below it.
struct Projection {
  std::uint64_t bytes = 0;
  std::uint64_t paths = 0;
};

Projection project(const Document& document, const Acceptance& acceptance) {
  std::set<const Document::Entry*> removed;
  Projection after{document.value_bytes(), document.value_count()};
  for (const Change& change : acceptance.to_store) {
    auto [at, end] = document.below(change.path);
    for (; at != end; ++at) {
      if (at->second.stamp < acceptance.stamp) removed.insert(&*at);
    }
    const auto own = document.records().find(change.path);
    if (own != document.records().end()) removed.insert(&*own);
    after.bytes += Document::cost_of(change.path, change.payload);
    after.paths += change.payload.kind == RecordKind::value ? 1 : 0;
  }
  for (const Document::Entry* entry : removed) {
    after.bytes -= Document::cost_of(entry->first, entry->second.payload);
    after.paths -= entry->second.payload.kind == RecordKind::value ? 1 : 0;
  }
  return after;
}

/// True for a delete that would add a tombstone and change nothing that anyone can see.
bool hides_nothing(const Document& document, const Change& change) {
  if (document.find(change.path)) return false;
  const auto [first, last] = document.below(change.path);
  return first == last && !document.ancestor_value_holds(change.path);
}

tl::expected<void, wire::ErrorEvent> check_limits(const Document& document,
                                                  const Acceptance& acceptance,
                                                  const StateLimits& limits) {
  std::uint64_t bytes = document.value_bytes();
  std::uint64_t deletes = 0;
  for (const Change& change : acceptance.to_store) {
    bytes += Document::cost_of(change.path, change.payload);
    deletes += change.payload.kind == RecordKind::tombstone ? 1 : 0;
  }
  const std::uint64_t values = acceptance.to_store.size() - deletes;

  // Far from the caps, which is nearly always, nothing needs to be looked up.
  if (bytes > limits.bytes || document.value_count() + values > limits.paths) {
    const Projection after = project(document, acceptance);
    if (after.bytes > limits.bytes && after.bytes > document.value_bytes()) {
      return refuse(wire::ErrorCode::state_limit, "the state would pass " +
                                                      std::to_string(limits.bytes) +
                                                      " bytes; delete something first");
    }
    if (after.paths > limits.paths && after.paths > document.value_count()) {
      return refuse(wire::ErrorCode::state_limit, "the state would pass " +
                                                      std::to_string(limits.paths) +
                                                      " paths; delete something first");
    }
  }
  if (deletes > 0 && document.tombstone_count() + deletes > limits.paths) {
    const auto idle = std::count_if(
        acceptance.to_store.begin(), acceptance.to_store.end(), [&](const Change& change) {
          return change.payload.kind == RecordKind::tombstone && hides_nothing(document, change);
        });
    if (idle > 0 && document.tombstone_count() + static_cast<std::uint64_t>(idle) > limits.paths) {
      return refuse(wire::ErrorCode::state_limit,
                    "the delete hides nothing and the state holds too many tombstones already");
    }
  }
  return {};
}

/// True for a write at or below the floor whose verdict does not depend on tombstones that may have
/// been collected: the record at its path is younger than they are, and it shows nothing below it.
bool is_judgeable(const Document& document, const Change& change) {
  const bool is_open =
      change.payload.kind == RecordKind::value &&
      crdt::kind_of_canonical(change.payload.value.text()) != crdt::CanonicalKind::scalar;
  return !is_open && document.find(change.path);
}

/// Writes at or below the floor: what stands or has lost is known all the same.
tl::expected<void, wire::ErrorEvent> check_floor(const Document& document, Acceptance& acceptance) {
  const std::uint64_t floor = document.horizon().floor;
  if (acceptance.stamp.version > floor || planted(Defect::no_floor)) return {};
  if (!acceptance.repeated.empty()) {
    acceptance.withheld = std::exchange(acceptance.to_store, {});
    return {};
  }
  const bool all_judgeable =
      std::all_of(acceptance.to_store.begin(), acceptance.to_store.end(),
                  [&](const Change& change) { return is_judgeable(document, change); });
  if (all_judgeable) return {};
  return refuse(wire::ErrorCode::too_old,
                "version " + std::to_string(acceptance.stamp.version) +
                    " is at or below the user's floor, " + std::to_string(floor) +
                    ", and can no longer be judged; request the state, then write again");
}

}  // namespace

tl::expected<Acceptance, wire::ErrorEvent> judge_write(const Document& document,
                                                       const wire::WriteRequest& request,
                                                       const StateLimits& limits,
                                                       std::int64_t wall_ms,
                                                       std::int64_t& issued_ms) {
  const std::uint64_t current = document.version();
  const std::uint64_t version = request.version.value_or(current + 1);
  if (version > current + max_version_lead || version > crdt::max_version) {
    return refuse(wire::ErrorCode::version_ahead,
                  "version " + std::to_string(version) + " is too far above this node's " +
                      std::to_string(current) + "; request the state, then write again");
  }

  Acceptance acceptance;
  acceptance.stamp = stamp_of(request, version, wall_ms, issued_ms);
  for (const Change& change : request.changes) {
    switch (document.judge(change.path, acceptance.stamp, change.payload)) {
      case crdt::Verdict::wins:
        acceptance.to_store.push_back(change);
        break;
      case crdt::Verdict::repeated: {
        const Dot dot = document.find(change.path)->dot;
        acceptance.standing = std::min(acceptance.standing.value_or(dot), dot);
        acceptance.repeated.push_back(change);
        break;
      }
      case crdt::Verdict::loses:
        acceptance.lost.push_back(change);
        break;
    }
  }
  if (auto above = check_floor(document, acceptance); !above) {
    return tl::unexpected(std::move(above.error()));
  }
  if (auto within = check_limits(document, acceptance, limits); !within) {
    return tl::unexpected(std::move(within.error()));
  }
  return acceptance;
}

}  // namespace anabranch::cluster
