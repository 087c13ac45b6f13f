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

/// Reads one after the other; for one thread.
class StoredStateReader {
 public:
  /// Fails as `visit` does.
  Result<StoredState> read(const ClientRequest& request, const VisitRecords& visit);

 private:
  Result<StoredState> read_full(const VisitRecords& visit);

  std::string room_;  ///< that the last text took
};

}  // namespace anabranch::cluster
