#include "cluster/stored_state.h"

#include "base/defects.h"
#include "cluster/delivery.h"
#include "crdt/materialise.h"

#include <algorithm>
#include <utility>

namespace anabranch::cluster {

namespace {

/// What a document would say of itself.
class Summary {
 public:
  void add(const crdt::RecordView& record) {
    if (crdt::is_of_horizon(record.kind)) {
      crdt::add_to_horizon(horizon_, crdt::Path::from_key(record.key).value(), record.record());
    } else if (!planted(Defect::version_ignores_knowledge)) {
      version_ = std::max(version_, record.version);
    }
  }

  StoredState take() {
    StoredState state;
    state.version = std::max(version_, horizon_.floor);
    state.horizon = std::move(horizon_);
    return state;
  }

 private:
  std::uint64_t version_ = 0;
  crdt::Horizon horizon_;
};

Result<StoredState> read_full(const VisitRecords& visit) {
  Summary summary;
  crdt::Materialiser text(0);
  const auto visited = visit([&](const crdt::RecordView& record) {
    summary.add(record);
    if (record.kind == crdt::RecordKind::value) {
      text.add_value(record.key, record.text);
    } else if (record.kind == crdt::RecordKind::tombstone) {
      text.add_tombstone(record.key);
    }
  });
  if (!visited) return tl::unexpected(visited.error());
  StoredState state = summary.take();
  state.full = text.finish();
  return state;
}

Result<StoredState> read_changes(const ClientRequest& request, bool all,
                                 const VisitRecords& visit) {
  Summary summary;
  std::vector<wire::SyncedRecord> changes;
  MissedRecords missed(all ? crdt::VersionVector() : known_to(request));
  const auto visited = visit([&](const crdt::RecordView& record) {
    summary.add(record);
    if (!missed.holds(record.key, record.dot) || !is_for_clients(record.kind)) return;
    crdt::Record made = record.record();
    changes.push_back({crdt::Path::from_key(record.key).value(), std::move(made.stamp),
                       std::move(made.payload), made.dot});
  });
  if (!visited) return tl::unexpected(visited.error());
  StoredState state = summary.take();
  state.changes = std::move(changes);
  return state;
}

}  // namespace

Result<StoredState> read_stored_state(const ClientRequest& request, const VisitRecords& visit) {
  if (wants_full(request)) return read_full(visit);
  auto state = read_changes(request, !request.cursor, visit);
  // That everything is wanted shows when the records have been read; it is rare.
  const bool again = state && request.cursor && wants_all(request, state->horizon);
  return again ? read_changes(request, true, visit) : std::move(state);
}

}  // namespace anabranch::cluster
