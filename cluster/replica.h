#pragma once

#include "base/random.h"
#include "base/time.h"
#include "cluster/acceptance.h"
#include "cluster/anti_entropy.h"
#include "cluster/arrivals.h"
#include "cluster/audience.h"
#include "cluster/collection.h"
#include "cluster/document_cache.h"
#include "cluster/drain.h"
#include "cluster/ledger.h"
#include "cluster/origin_streams.h"
#include "cluster/peer_table.h"
#include "cluster/rate_limiter.h"
#include "cluster/repair.h"
#include "cluster/replica_io.h"
#include "cluster/replica_settings.h"
#include "cluster/replica_status.h"
#include "cluster/replicated_acks.h"
#include "cluster/retired_origins.h"
#include "crdt/document.h"
#include "wire/client_messages.h"
#include "wire/peer_messages.h"
#include "wire/store_batch.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace anabranch::cluster {

/// One node's part in the cluster: everything that decides, nothing that touches the world.
///
/// A state machine: `step` takes one input and the time, effects collect and are taken out by
/// `take_effects`, in an order that is part of the contract. Inputs change the state in memory at
/// once; whatever depends on the disk (acks, deliveries, publications, the answers to requests that
/// may have seen it) is held in a group and comes out only when that group's Commit has been
/// answered by Committed. So "durable, then visible" is data, not discipline: no device and no peer
/// sees a write that the node could forget. While a commit is under way the next group fills;
/// `flush` closes it, so that a busy node makes larger groups and an idle one does not wait.
///
/// A failed commit is "unknown": its writes are answered `unavailable`, memory goes back to what is
/// durable, and the store is recovered before the next write; reads go on. (Modelled on etcd's raft
/// library with asynchronous storage writes.)
///
/// Owns no socket, thread, clock or file; one thread at a time. Iteration order is deterministic.
class Replica {
 public:
  /// `state`: what the store holds. `random` mints replica ids. `audience`: null where everybody
  /// may hear. Both outlive the replica.
  Replica(ReplicaOptions options, wire::StoreState state, Random& random, Now now,
          const Audience* audience = nullptr);

  void step(Input input, Now now);

  /// To be called after a run of steps: commits what they have gathered, or lets it out where
  /// there is nothing to commit. Does nothing while a commit is under way.
  void flush(Now now);

  std::vector<Effect> take_effects();

  /// May take clients: caught up with the peers that answered in time, storage writable, not
  /// draining.
  bool ready() const { return caught_up_ && storage_ok_ && !drain_; }

  /// There are no other members: nobody hears what is published.
  bool is_alone() const { return peers_.all().empty(); }

  ReplicaStatus status(Now now) const;

  /// Whether this node may go: how much of what it has the others have on disk.
  DrainProgress drain_progress(Now now) const;

 private:
  // What a group holds back for one input, in the order of the inputs.
  struct HeldWrite {
    ClientWrite write;  ///< kept for the answer to a failed commit; its changes are moved out
    bool applied = true;
    Answer answer;
    std::optional<Deliver> deliver;
    std::optional<wire::Ack> replicated;  ///< waits for other nodes once durable
    std::vector<Dot> waits_for;
  };
  struct HeldRequest {
    ClientRequest request;
    Answer answer;
  };
  struct HeldAnswer {
    ClientAnswer answer;
    bool refused = false;
  };
  struct HeldRead {
    StateRead read;
    StateReadAnswer answer;
  };
  struct HeldRedelivery {
    Redelivery redelivery;
    Deliver deliver;
  };
  using Held =
      std::variant<HeldWrite, HeldRequest, HeldAnswer, HeldRead, HeldRedelivery, Deliver, Dismiss>;

  struct Published {
    crdt::Write write;
    bool admitted;  ///< the replica, when it took it
  };

  /// Writes of one publication, to be measured when they are durable here.
  struct Arrived {
    std::string peer;
    std::int64_t committed_ms = 0;
    std::uint64_t writes = 0;
  };

  /// What the pull under way has brought, for the log.
  struct PullTally {
    std::int64_t started_ms = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
  };

  struct Group {
    Ticket ticket = 0;
    Ledger::Staged staged;
    std::vector<Held> held;
    std::vector<Published> published;
    std::map<Dot, wire::Traceparent> traces;  ///< of those of them that have one
    std::vector<Note> traced;                 ///< what the log says of them once they are durable
    std::vector<Arrived> arrived;
    std::set<UserId> pinned;
    std::size_t peer_bytes = 0;  ///< of peers' writes in it, and of tombstones looked at
  };

  // replica.cpp: inputs, groups, the store
  void on(UserInput input);
  void on(UserLoaded loaded);
  void on(StateLoaded loaded);
  void on(const Committed& committed);
  void on(StoreRecovered recovered);
  void redeliver(std::vector<crdt::Write> writes);
  void dispatch(DocumentCache::Entry& entry, UserInput input);
  void load(const UserId& user, DocumentCache::Entry& entry);
  DocumentCache::Entry* loaded(const UserId& user);
  /// All that this node knows is on disk.
  bool is_still() const { return !in_flight_ && !ledger_.has_changes(); }
  void refuse_unread(const UserId& user, const Error& error);
  void keep_document(const UserId& user);  ///< until the open group is released
  void release(Group group);
  /// Somebody besides `but` is to be told of what happens to the user's state.
  bool is_heard(const UserId& user, std::optional<SessionId> but = {}) const {
    return !audience_ || audience_->hears(user, but);
  }
  void publish(std::vector<Published> writes, const std::map<Dot, wire::Traceparent>& traces);
  void fail_group(Group group);
  void fail_storage(const wire::StoreBatch& in_doubt);
  crdt::VersionVector surely_held(const wire::StoreBatch& in_doubt) const;
  void emit(Effect effect) { effects_.push_back(std::move(effect)); }
  void note(Note::Level level, std::string text, std::vector<NoteField> fields = {});

  // replica_observation.cpp: what is measured and traced; nothing is decided by it
  void trace(const ClientWrite& write, const Acceptance& acceptance, std::optional<Dot> dot);
  wire::Traceparent observe_arrival(const crdt::Write& write);
  void measure(const std::vector<Arrived>& arrived);
  void watch_clock(Peer& peer, double uncertainty_ms);
  void note_lost(const Peer& peer, Dot told);
  void note_pull_finished();

  // replica_clients.cpp: what clients ask for
  void handle(DocumentCache::Entry& entry, ClientWrite write);
  void handle(DocumentCache::Entry& entry, ClientRequest request);
  void handle(DocumentCache::Entry& entry, ClientAnswer answer);
  void handle(DocumentCache::Entry& entry, StateRead read);
  void handle(DocumentCache::Entry& entry, Redelivery redelivery);
  void answer_from_store(std::deque<UserInput>& waiting, StateLoaded loaded);
  void check_cursor(const ClientRequest& request);
  void hold_answer(ClientAnswer answer, bool refused = false);
  void hold_state(ClientRequest request, wire::ClientEvent event);
  void refuse(const ClientWrite& write, wire::ErrorEvent error);
  void mint_before_first_write();
  void mint(const std::string& why);
  std::vector<crdt::Change> write_own(DocumentCache::Entry& entry, const UserId& user,
                                      crdt::Stamp stamp, std::vector<crdt::Change> changes,
                                      bool is_batch);

  // replica_drain.cpp: on the way out
  void on(const SetDraining& order);
  crdt::VersionVector drain_target(Now now) const;
  bool is_settled() const;

  // replica_peers.cpp: what peers tell of themselves, and what time brings
  void on(Reconfigured reconfigured);
  void forget_peer(const std::string& name);
  void on(PeerReceived received);
  void on(const Tick& tick);
  void receive(Peer& peer, wire::Heartbeat heartbeat);
  void receive(Peer& peer, wire::Hello hello);
  void receive(Peer& peer, wire::Welcome welcome);
  void receive(Peer& peer, wire::Progress progress);
  void receive(Peer& peer, wire::Pull pull);
  void receive(Peer& peer, wire::PullCredit credit);
  void learn(Peer& peer, const wire::NodeReport& report, bool is_heartbeat);
  void note_untold(const std::string& name, const wire::NodeReport& report);
  std::optional<bool> digest_equal(const Peer& peer) const;
  void watch_digest(Peer& peer);
  void learn_durable(Peer& peer, ReplicaId replica, const crdt::VersionVector& vector);
  void check_own_origin(const crdt::VersionVector& theirs, const std::string& who);
  void check_own_dot(Dot dot, const std::string& who);
  void update_caught_up();
  void tell_standing();
  void tell_progress();
  void watch_peers();
  wire::NodeReport report() const;

  // replica_peer_writes.cpp: what peers wrote, as they publish it and as it is pulled
  void receive(Peer& peer, wire::PublishedWrites published);
  bool take_trusted(const Peer& peer, wire::PublishedWrites& published) const;
  void receive(Peer& peer, wire::PullPiece piece);
  /// Peers' writes wait while the open group holds enough for the disk to work on.
  bool may_apply_peer_writes() const;
  void apply_peer_write(const crdt::Write& write, bool advance);
  void drain_stream(ReplicaId origin);
  void drain_streams();
  void drain_pieces();
  void let_piece_users_go();
  void drop_pieces();
  void drop_what_peers_sent();
  void start_pull();

  // replica_repair.cpp: records that are not what they should be
  void on(Scrubbed scrubbed);
  void receive(Peer& peer, wire::RepairPull pull);
  bool take_repair_piece(const Peer& peer, wire::PullPiece& piece);
  void learn_log_ends(const crdt::VersionVector& ends);
  void watch_repair();
  void start_repair();
  const Peer* repairing_peer() const;
  void drain_repair();
  bool begin_answer(const wire::PullPiece& piece);
  bool adopt_gathered();
  bool adopt_user(const UserId& user, const std::vector<crdt::Write>& records);
  bool adopt(DocumentCache::Entry& entry, const UserId& user,
             const std::vector<crdt::Write>& records);
  bool drop_what_differs(crdt::Document& document, const UserId& user,
                         const std::vector<crdt::Write>& records);
  void finish_repair();

  // replica_admission.cpp: with whom records may be exchanged, and how to become one of them
  bool may_exchange(const wire::Standing& theirs, const crdt::VersionVector& vector) const;
  bool is_being_admitted() const;
  void judge_standing(Peer& peer);
  void judge_all_standings();
  void forget_strangers();
  void lose_admission(const std::string& why);
  void watch_admission();
  void take_for_admitted(crdt::VersionVector collected);
  const Peer* admitting_peer() const;
  bool is_equal_to(const Peer& peer) const;
  bool is_founder() const;
  void start_admission(const Peer& peer);
  void list_own_users();
  void on(UsersListed listed);
  bool adopt_passed_over(const UserId* user);
  bool adopt_as_admitted(DocumentCache::Entry& entry, const UserId& user,
                         const std::vector<crdt::Write>& theirs);
  /// What a replica that is being admitted holds of a user and the peer has not judged.
  struct Alone {
    std::map<Dot, crdt::Write> writes;
    std::uint64_t floor = 0;  ///< of the user, as either knows it
    bool dropped = false;     ///< something that stood is gone, judged or set aside

    bool is_above_floor(const crdt::Record& record) const {
      return crdt::is_of_horizon(record.payload.kind) || record.stamp.version > floor;
    }
  };
  Alone set_aside(crdt::Document& document, const UserId& user,
                  const std::vector<crdt::Write>& theirs);
  void write_anew(DocumentCache::Entry& entry, const UserId& user, Alone alone);
  void raise_generation(DocumentCache::Entry& entry, const UserId& user);
  void note_keeping(const UserId& user, const wire::ClientEvent& answer);
  void finish_admission();

  // replica_collection.cpp: tombstones that nobody needs any more
  std::int64_t aging_ms() const;
  void watch_collection();
  void on(TombstonesFound found);
  void settle_passes();
  void retire_origins();
  void drain_collection();
  void end_pass();
  void collect(DocumentCache::Entry& entry, const UserId& user,
               const std::vector<crdt::Write>& tombstones);
  bool may_collect(const crdt::Document& document, const crdt::Path& path,
                   const crdt::Record& tombstone) const;

  ReplicaOptions options_;
  Random& random_;
  const Audience* audience_;
  Now now_;
  std::int64_t started_ms_;
  std::int64_t started_wall_ms_;

  Ledger ledger_;
  DocumentCache documents_;
  RateLimiter rate_;
  ReplicatedAcks replicated_acks_;
  CommitTimes commit_times_;

  PeerTable peers_;
  OriginStreams streams_;
  Arrivals arrivals_;
  AntiEntropy anti_entropy_;
  std::deque<wire::PullPiece> pieces_;  ///< of the active pull; bounded by the credit given
  PullTally pull_tally_;
  std::set<UserId> piece_users_;  ///< of the first of them, pinned while the rest is read
  std::optional<Repair> repair_;
  RepairNeeds repair_needs_;
  std::string stalled_admission_;  ///< the peer with which one stalled last
  /// Whose clients were answered, while this replica was not admitted, so that they keep what they
  /// had. An admission may have judged it: at its end they are to ask anew.
  std::set<UserId> keeping_users_;
  /// More are not noted: they hear of it when they ask next.
  static constexpr std::size_t max_keeping_users = 100'000;
  /// Whose records a failed commit has changed if it is found later: dismissed once that is known.
  std::set<UserId> doubtful_users_;
  Collection collection_;
  RetiredOrigins retired_;
  std::map<std::string, crdt::VersionVector> start_targets_;  ///< to be covered before ready

  bool caught_up_ = false;
  bool storage_ok_ = true;
  std::optional<Drain> drain_;
  bool has_written_ = false;  ///< since the start, or the question of minting is settled
  bool progress_untold_ = false;
  std::int64_t last_heartbeat_ms_;
  std::int64_t last_progress_ms_ = 0;

  Group open_;
  std::optional<Group> in_flight_;
  Ticket last_ticket_ = 0;
  std::vector<Effect> effects_;
  Counters counters_;
};

}  // namespace anabranch::cluster
