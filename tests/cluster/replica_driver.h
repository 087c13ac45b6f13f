#pragma once

#include "cluster/replica.h"
#include "tests/cluster/support.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::cluster {

/// What a store of this replica says that holds nothing but a vector.
wire::StoreState state_of(ReplicaId replica, crdt::VersionVector vector = {});
/// The same of one that is not admitted.
wire::StoreState unadmitted(crdt::VersionVector vector = {}, crdt::VersionVector collected = {});
/// The members b and c beside this node.
ReplicaOptions with_peers();

/// A replica driven by hand: a test gives it inputs one by one and reads its effects as lines.
/// Nothing happens by itself; what the disk answers is the test's to say.
class ReplicaDriver {
 public:
  explicit ReplicaDriver(ReplicaOptions options = {}, wire::StoreState state = state_of(origin_a),
                         const Audience* audience = nullptr);

  Replica& replica() { return replica_; }
  Now now() const { return now_; }
  void pass(std::int64_t ms);

  void step(Input input) { replica_.step(std::move(input), now_); }
  void flush() { replica_.flush(now_); }
  /// A step and a flush.
  void run(Input input);
  void tick() { run(Tick{}); }

  // Inputs of alice's sessions.
  void write(std::uint64_t session, wire::WriteRequest request, const std::string& id = "w");
  void ask_state(std::uint64_t session, std::optional<crdt::VersionVector> cursor = {},
                 std::vector<Dot> seen = {});
  void load(wire::UserRecords records = {}, const UserId& user = "alice");
  /// Alice's document is in memory from now on.
  void warm(wire::UserRecords records = {});

  // What peers send.
  /// What an admitted member says of itself that goes by the same cluster file.
  wire::NodeReport report(ReplicaId replica, crdt::VersionVector vector,
                          bool holds_beyond = false) const;
  void receive(const std::string& peer, wire::PeerMessage message);
  void hear(const std::string& peer, ReplicaId replica, crdt::VersionVector vector,
            bool holds_beyond = false);
  /// The peer knows as much as the node and tells this digest.
  void hear_digest(const std::string& peer, ReplicaId replica, std::string digest,
                   bool damaged = false);
  /// b and c have nothing to tell: the node keeps its id.
  void hear_all();
  void welcome(const std::string& peer, ReplicaId replica, crdt::VersionVector vector);
  void publish(const std::string& peer, std::vector<crdt::Write> writes);
  /// A piece of the answer to the last pull or repair asked of `peer`.
  void piece(const std::string& peer, std::uint64_t index, std::vector<crdt::Write> writes,
             std::optional<crdt::VersionVector> last = {});

  /// The oldest commit that was not answered yet is on disk, or its outcome is unknown.
  void committed(bool ok = true);
  /// Answers every commit until there is none.
  void settle();
  void recovered(wire::StoreState state, std::vector<crdt::Write> resurfaced = {});

  /// The effects since the last call, but for notes and for the talk that recurs by itself
  /// (heartbeats, hellos, progress, scrubs).
  std::vector<std::string> effects();
  /// The same with the talk.
  std::vector<std::string> effects_with_talk();

  /// The notes since the last call, with their fields; effects() takes them away too.
  std::vector<std::string> notes();
  /// All deliveries, and all answers, of the effects that were not taken yet.
  std::vector<Deliver> deliveries();
  std::vector<Answer> answers();
  /// What was published last, of the effects so far.
  const wire::PublishedWrites& last_publication() const { return last_publication_; }

  const wire::StoreBatch& last_batch() const { return last_batch_; }
  /// All writes published since the start; of what effects() has seen.
  const std::vector<crdt::Write>& published() const { return published_; }
  /// What the last Welcome said.
  wire::NodeReport last_report();
  /// The id that the last Pull or RepairPull asked of a peer carried.
  std::uint64_t pull_id() const { return pull_id_; }

 private:
  void collect();
  template <class Kind>
  std::vector<Kind> all_of();

  CountingRandom random_{0xFF};  // so that the first replica id minted is 0x100
  Now now_{1'000'000, 1'000'000};
  Replica replica_;
  std::vector<Effect> effects_;
  std::deque<Ticket> commits_;
  std::set<std::pair<std::string, ReplicaId>> heard_;
  wire::StoreBatch last_batch_;
  std::vector<crdt::Write> published_;
  wire::PublishedWrites last_publication_;
  wire::NodeReport last_report_;
  std::uint64_t pull_id_ = 0;
};

bool admitted(ReplicaDriver& node);

}  // namespace anabranch::cluster
