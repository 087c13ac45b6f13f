#pragma once

#include "base/result.h"
#include "crdt/horizon.h"
#include "crdt/record_view.h"
#include "wire/client_messages.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace anabranch::cluster {

struct ClientRequest;

/// What a request is to be told, read from a user's records as they are stored: without making a
/// document of them, which costs more than all the rest of an answer.
struct StoredState {
  std::uint64_t version = 0;
  crdt::Horizon horizon;
  std::string full;                         ///< where the request wants that
  std::vector<wire::SyncedRecord> changes;  ///< where it wants a delta, each with its dot
};

/// Shows all of the user's records, in path order. May be called twice.
using VisitRecords = std::function<Result<void>(const crdt::RecordVisitor&)>;

/// Fails as `visit` does. Any thread.
Result<StoredState> read_stored_state(const ClientRequest& request, const VisitRecords& visit);

}  // namespace anabranch::cluster
