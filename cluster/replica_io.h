#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "cluster/replica_settings.h"
#include "cluster/stored_state.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"
#include "wire/client_messages.h"
#include "wire/cursor.h"
#include "wire/peer_messages.h"
#include "wire/store_batch.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// Everything that goes into the replica and everything that comes out of it.

namespace anabranch::cluster {

// ---- inputs

/// An update or a batch. `request.tab` is set: the node gives a connection one where it sent none.
struct ClientWrite {
  SessionId session;
  UserId user;
  wire::WriteRequest request;
  /// When its frame had been read, in ns of a steady clock; 0: not known. Handed on to the effects
  /// for whoever measures.
  std::int64_t read_ns = 0;
};

/// A request for the user's state.
struct ClientRequest {
  SessionId session;
  UserId user;
  wire::StateRequest::Want want = wire::StateRequest::Want::unstated;
  /// What the cursor says, where there was one that this cluster sealed.
  std::optional<wire::Cursor> cursor;
  /// True when the cursor cannot have been made up by the client.
  bool cursor_is_authentic = false;
  std::vector<Dot> seen;
};

/// An answer that was found without the replica, on its way through it to keep its place.
struct ClientAnswer {
  SessionId session;
  UserId user;
  wire::ClientEvent event;
};

/// An operator asks for a user's state, whole or at a path.
struct StateRead {
  std::uint64_t token = 0;  ///< returned with the answer
  UserId user;
  std::optional<crdt::Path> path;
};

/// A write that turned up on disk after its commit had failed, to be told to the user's sessions.
struct Redelivery {
  UserId user;
  crdt::Write write;
};

/// The answer to LoadUser.
struct UserLoaded {
  UserId user;
  Result<wire::UserRecords> records;
};

/// The answer to LoadUser where no document is needed: what answers `request`.
struct StateLoaded {
  UserId user;
  ClientRequest request;
  Result<StoredState> state;
};

/// Names one commit.
using Ticket = std::uint64_t;

/// The answer to Commit: on disk and fsynced, or unknown.
struct Committed {
  Ticket ticket = 0;
  bool ok = true;
};

/// The answer to RecoverStore, once it has worked.
struct StoreRecovered {
  wire::StoreState state;
  /// What the disk holds beyond the vector that RecoverStore named: writes whose commit had
  /// failed with an unknown outcome and that turned up after all.
  std::vector<crdt::Write> resurfaced;
};

/// The files were edited: these settings hold from now on.
struct Reconfigured {
  ReplicaSettings settings;
};

/// The node takes no more writes, until it is told otherwise, for it is to go.
struct SetDraining {
  bool draining = true;
};

/// The answer to Scrub.
struct Scrubbed {
  wire::ScrubFindings findings;
};

/// The answer to ListUsers: in order; fewer than users_per_list are all that are left.
struct UsersListed {
  UserId after;
  Result<std::vector<UserId>> users;
};
inline constexpr std::size_t users_per_list = 1000;

/// An answer to FindTombstones; an error ends it.
struct TombstonesFound {
  std::uint64_t id = 0;
  Result<std::vector<crdt::Write>>
      tombstones;  ///< each a write of its own, users and paths in order
  bool last = false;
};

/// What a member sent; the transport has checked who it is.
struct PeerReceived {
  std::string peer;
  wire::PeerMessage message;
};

/// Time passes. Wanted at least every tick_interval_ms.
struct Tick {};
inline constexpr std::int64_t tick_interval_ms = 50;

using Input = std::variant<ClientWrite, ClientRequest, ClientAnswer, StateRead, UserLoaded,
                           StateLoaded, Committed, StoreRecovered, Scrubbed, UsersListed,
                           TombstonesFound, Reconfigured, SetDraining, PeerReceived, Tick>;

// ---- effects

/// Read a user's records from the store; answered by UserLoaded, or, where there is nothing but a
/// request to be answered, by StateLoaded.
struct LoadUser {
  UserId user;
  std::optional<ClientRequest> request = {};
};

/// Write this to the store; answered by Committed. One at a time.
struct Commit {
  Ticket ticket = 0;
  std::shared_ptr<const wire::StoreBatch> batch;  ///< never null
};

/// Bring the store back into use, however many tries it takes; answered by StoreRecovered.
struct RecoverStore {
  crdt::VersionVector vector;  ///< what this node has told of
};

/// The events that answer one frame of a session, in order (none for a write without an id that
/// needs no correction). Exactly one for each ClientWrite, ClientRequest and ClientAnswer.
struct Answer {
  SessionId session;
  std::vector<wire::ClientEvent> events;
  bool refused = false;      ///< it was the replica that refused the frame
  std::int64_t read_ns = 0;  ///< of the write that is acked
};

/// An event for one session that answers no frame (the second, "replicated" ack).
struct Notify {
  SessionId session;
  wire::ClientEvent event;
};

/// Events for every session of a user but one.
struct Deliver {
  UserId user;
  std::optional<SessionId> except;
  std::vector<wire::ClientEvent> events;  ///< the write's own first
  std::int64_t read_ns = 0;               ///< of a write of this node's clients
  wire::Traceparent traceparent = {};     ///< of the write, where it has one
  Dot dot = {};                           ///< of the write
};

struct StateReadAnswer {
  std::uint64_t token = 0;
  /// JSON; nothing where the path holds nothing. An error where the store could not be read.
  Result<std::optional<std::string>> state;
};

/// To all peers, lossy.
struct Publish {
  wire::PeerMessage message;
};
/// To one peer, by our side of the exact path.
struct AskPeer {
  std::string peer;
  wire::PeerMessage message;
};
/// To one peer, as an answer on its side of the exact path.
struct AnswerPeer {
  std::string peer;
  wire::PeerMessage message;
};
/// Answer this pull from a snapshot of the store.
struct ServePull {
  std::string peer;
  wire::Pull pull;
};
/// Answer this repair from a snapshot of the store.
struct ServeRepair {
  std::string peer;
  wire::RepairPull pull;
};
struct GrantPull {
  std::string peer;
  wire::PullCredit credit;
};

/// Read all records and compare them with the sums of their buckets; answered by Scrubbed. Not
/// urgent: whatever else the store is asked for comes first.
struct Scrub {};

/// Read the ids of users on disk, in order, from the one after `after`; answered by UsersListed.
struct ListUsers {
  UserId after;
};

/// Look for tombstones whose dots `covered` covers, or (without it) go on where the last answer
/// ended; answered by one TombstonesFound. As urgent as Scrub.
struct FindTombstones {
  std::uint64_t id = 0;  ///< of the search, returned with each answer
  std::optional<crdt::VersionVector> covered;
};

/// Close the user's sessions, that they resume by their cursors: what they were told was wrong.
struct Dismiss {
  UserId user;
};

/// A named value of a note.
struct NoteField {
  std::string key;
  std::variant<std::string, std::int64_t, std::uint64_t, double, bool> value;
};

/// Something that an operator may want to read: a line of the log.
struct Note {
  enum class Level { debug, info, warning, error };
  Level level = Level::info;
  std::string text;
  std::vector<NoteField> fields = {};
  UserId user = {};        ///< whom it is about; never logged as it is
  SessionId session = {};  ///< … and by which connection
};

using Effect = std::variant<LoadUser, Commit, RecoverStore, Answer, Notify, Deliver,
                            StateReadAnswer, Publish, AskPeer, AnswerPeer, ServePull, ServeRepair,
                            GrantPull, Scrub, ListUsers, FindTombstones, Dismiss, Note>;

}  // namespace anabranch::cluster
