#include "cluster/stored_state.h"

#include "base/defects.h"
#include "base/let_go.h"
#include "cluster/delivery.h"
#include "crdt/materialise.h"
#include "crdt/path_key.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace anabranch::cluster {

namespace {

constexpr std::size_t kept_room_bytes = 1 << 20;

/// What a document would say of itself.
class Summary {
 public:
  /// False for a damaged record.
  bool add(const crdt::RecordView& record) {
    if (crdt::is_of_horizon(record.kind)) {
      const auto path = crdt::Path::from_key(record.key);
      if (!path) return false;
      crdt::add_to_horizon(horizon_, *path, record.record());
    } else if (!planted(Defect::version_ignores_knowledge)) {
      version_ = std::max(version_, record.version);
    }
    return true;
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

/// `known`: what need not be told.
Result<StoredState> read_changes(const crdt::VersionVector& known, const VisitRecords& visit) {
  Summary summary;
  std::vector<wire::SyncedRecord> changes;
  MissedRecords missed(known);
  const auto visited = visit([&](const crdt::RecordView& view) {
    if (!summary.add(view)) return false;
    if (!missed.holds(view.key, view.dot) || !is_for_clients(view.kind)) return true;
    auto path = crdt::Path::from_key(view.key);
    if (!path) return false;
    crdt::Record record = view.record();
    changes.push_back(
        {*std::move(path), std::move(record.stamp), std::move(record.payload), record.dot});
    return true;
  });
  if (!visited) return tl::unexpected(visited.error());
  StoredState state = summary.take();
  state.changes = std::move(changes);
  return state;
}

}  // namespace

Result<StoredState> StoredStateReader::read(const ClientRequest& request,
                                            const VisitRecords& visit) {
  if (wants_full(request)) return read_full(visit);
  if (!request.cursor) return read_changes({}, visit);
  const crdt::VersionVector known = known_to(request);
  auto state = read_changes(known, visit);
  // That everything is wanted shows when the records have been read; it is rare.
  const bool again = state && wants_all(request, known, state->horizon);
  return again ? read_changes({}, visit) : std::move(state);
}

Result<StoredState> StoredStateReader::read_full(const VisitRecords& visit) {
  Summary summary;
  crdt::Materialiser text(std::move(room_));
  const auto visited = visit([&](const crdt::RecordView& view) {
    if (!crdt::check_path_key(view.key) || !summary.add(view)) return false;
    if (view.kind == crdt::RecordKind::value) {
      text.add_value(view.key, view.text);
    } else if (view.kind == crdt::RecordKind::tombstone) {
      text.add_tombstone(view.key);
    }
    return true;
  });
  room_ = text.finish();
  if (!visited) return tl::unexpected(visited.error());
  StoredState state = summary.take();
  state.full = std::string_view(room_);
  if (room_.capacity() > kept_room_bytes) let_go(room_);
  return state;
}

}  // namespace anabranch::cluster
