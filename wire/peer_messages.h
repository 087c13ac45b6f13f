#pragma once

#include "base/ids.h"
#include "crdt/digest.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"
#include "wire/store_batch.h"
#include "wire/traceparent.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What nodes tell each other, as values. wire/peer_codec.h reads and writes them as MessagePack.

namespace anabranch::wire {

/// The peer protocol that this program speaks; it also reads the one before, once there is one.
inline constexpr std::uint32_t peer_protocol_version = 1;

/// What a node says of itself: its heartbeat, its hello and its answer to one.
struct NodeReport {
  ReplicaId replica;
  crdt::VersionVector vector;  ///< what it has on disk
  bool holds_beyond = false;   ///< it also holds records that its vector does not cover
  std::string digest;
  std::uint64_t epoch = 0;
  bool ready = false;
  bool draining = false;
  std::int64_t wall_ms = 0;
  bool damaged = false;  ///< records on its disk are known to be wrong: nobody takes them for right
  Standing standing = {};

  bool operator==(const NodeReport&) const = default;
};

/// PUB: the writes of one group commit, consecutive seqs of one origin, first to last.
struct PublishedWrites {
  std::vector<crdt::Write> writes;
  bool admitted = true;  ///< whether their origin was when it took them
  /// The origin's wall clock when they were durable; a node of before this field says nothing.
  std::optional<std::int64_t> committed_ms = {};
  std::map<std::uint64_t, Traceparent> traces = {};  ///< of those writes that have one, by seq
  bool operator==(const PublishedWrites&) const = default;
};

/// PUB: about once a second.
struct Heartbeat {
  NodeReport report;
  bool operator==(const Heartbeat&) const = default;
};

/// DEALER → ROUTER: at connect and about once a second; answered at once by Welcome.
struct Hello {
  NodeReport report;
  std::int64_t sent_ms = 0;  ///< the sender's wall clock, returned by Welcome
  bool operator==(const Hello&) const = default;
};
struct Welcome {
  NodeReport report;
  std::int64_t hello_sent_ms = 0;
  bool operator==(const Welcome&) const = default;
};

/// DEALER → ROUTER: what the sender has on disk by now.
struct Progress {
  ReplicaId replica;
  crdt::VersionVector vector;
  bool operator==(const Progress&) const = default;
};

/// DEALER → ROUTER: asks for every record that `vector` does not cover. A new pull of the same
/// member ends its former one. Not answered where the asker may hold what the other has forgotten.
struct Pull {
  std::uint64_t id = 0;
  crdt::VersionVector vector;
  std::uint32_t credit = 0;  ///< how many pieces may be sent before more credit comes
  bool admitted = true;      ///< the asker
  bool operator==(const Pull&) const = default;
};

/// DEALER → ROUTER: asks for all records of the buckets whose sums differ from these, covered by a
/// vector or not; without a digest, to be admitted, for the whole state. Answered by pieces that
/// hold tombstones too, each record as a write of its own, in the order of users and paths.
struct RepairPull {
  std::uint64_t id = 0;
  std::optional<crdt::StateDigest> digest;
  std::uint32_t credit = 0;
  bool operator==(const RepairPull&) const = default;
};

/// DEALER → ROUTER: `credit` more pieces may be sent.
struct PullCredit {
  std::uint64_t id = 0;
  std::uint32_t credit = 0;
  bool operator==(const PullCredit&) const = default;
};

/// Who answers a pull, in the snapshot that the answer comes from.
struct Answerer {
  crdt::VersionVector vector;
  Standing standing;
  bool operator==(const Answerer&) const = default;
};

/// ROUTER → DEALER: the next part of a pull's answer, all from one snapshot. What survives of a
/// batch travels in one piece. The first piece alone says who answers, the last one alone carries
/// the vector to be joined.
struct PullPiece {
  std::uint64_t id = 0;
  std::uint64_t index = 0;  ///< 0, 1, …
  std::vector<crdt::Write> writes;
  std::optional<crdt::VersionVector> vector;
  std::optional<Answerer> answerer = {};
  bool operator==(const PullPiece&) const = default;
};

using PeerMessage = std::variant<PublishedWrites, Heartbeat, Hello, Welcome, Progress, Pull,
                                 PullCredit, PullPiece, RepairPull>;

/// A message with the name of the member that claims to have sent it. Where the link is encrypted
/// the transport has compared the name with the key's owner.
struct PeerEnvelope {
  std::string cluster;
  std::string sender;
  PeerMessage message;
  bool operator==(const PeerEnvelope&) const = default;
};

}  // namespace anabranch::wire
