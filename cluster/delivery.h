#pragma once

#include "cluster/acceptance.h"
#include "cluster/replica_io.h"
#include "cluster/retired_origins.h"
#include "crdt/document.h"
#include "crdt/version_vector.h"
#include "wire/client_messages.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Which events tell a client what has changed. Pure functions of a document.

namespace anabranch::cluster {

/// The events for everyone who did not make this write: the changes that won (a batch as one
/// event), then what stands below them, for a simple client has just dropped it. Dots are told
/// only where `vector` covers them. The changes carry the write's traceparent, what stands below
/// them does not.
std::vector<wire::ClientEvent> events_of_write(const crdt::Document& document,
                                               const crdt::Write& write,
                                               const std::vector<crdt::Change>& won,
                                               const crdt::VersionVector& vector,
                                               const wire::Traceparent& traceparent = {});

/// What follows the ack to the writer: the winners over what lost, and what stands below the
/// winners and below the write's own paths, in path order.
std::vector<wire::ClientEvent> events_for_writer(const crdt::Document& document,
                                                 const Acceptance& acceptance,
                                                 const crdt::VersionVector& vector);

/// The answer to a request: `full`, or a `delta` of what the cursor and the seen dots do not cover.
/// Its own cursor tells nothing of `retired` origins.
wire::ClientEvent answer_request(const crdt::Document& document, const ClientRequest& request,
                                 const crdt::VersionVector& vector, const RetiredOrigins& retired);
/// The same of what StoredStateReader has found for it.
wire::ClientEvent answer_request(StoredState state, const ClientRequest& request,
                                 const crdt::VersionVector& vector, const RetiredOrigins& retired);

/// Whether it is answered by `full`.
bool wants_full(const ClientRequest& request);
/// What its client knows: the cursor, and the dots it has seen since.
crdt::VersionVector known_to(const ClientRequest& request);
/// Whether a `delta` for it holds everything. `known`: by known_to.
bool wants_all(const ClientRequest& request, const crdt::VersionVector& known,
               const crdt::Horizon& horizon);

/// Kinds of a newer node are kept and passed on between nodes; clients cannot read them.
bool is_for_clients(crdt::RecordKind kind);

/// Which of a document's records a client misses, asked for one after the other in path order:
/// those it does not know, and whatever stands below one of these, for a simple client drops that.
class MissedRecords {
 public:
  explicit MissedRecords(crdt::VersionVector known) : known_(std::move(known)) {}

  bool holds(std::string_view key, Dot dot) {
    if (!changed_.empty() && key.starts_with(changed_)) return true;
    if (known_.covers(dot)) return false;
    changed_ = key;
    return true;
  }

 private:
  crdt::VersionVector known_;
  std::string changed_;  ///< below it everything is told again
};

}  // namespace anabranch::cluster
