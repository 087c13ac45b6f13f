#pragma once

#include "base/time.h"
#include "cluster/replica.h"
#include "storage/memory_store.h"
#include "tests/simulation/disk_image.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/history.h"
#include "tests/simulation/network.h"
#include "tests/simulation/seeded_random.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace anabranch::simulation {

/// A connection as the node sees it.
class Session {
 public:
  virtual ~Session() = default;
  /// One answered frame, or events that answer none.
  virtual void answer(const std::vector<wire::ClientEvent>& events) = 0;
  virtual void tell(const std::vector<wire::ClientEvent>& events) = 0;
  virtual void lost() = 0;
  /// The node closes it, and asks for it to be made anew at another.
  virtual void sent_away() = 0;
};

class Node;

/// Mistakes that a client could make, for the simulation to find.
struct ClientDefects {
  bool notes_dots_before_its_answer = false;
  bool drops_what_an_answer_does_not_cover = false;
};

/// How a run differs from others of its seed.
struct RunOptions {
  bool talkative = false;  ///< prints what happens
  ClientDefects client_defects = {};
  bool forgetful = false;  ///< deletes are forgotten within moments, and much arrives late
  bool drains = false;     ///< nodes are drained, and may burn as soon as they are
  bool old_disks = false;  ///< disks go back in time, and one other node alone knows of it
};

/// What all nodes of a simulation share.
struct Surroundings {
  EventQueue& queue;
  SeededRandom& random;
  Network& network;
  History& history;
  std::function<void(const std::string& line)> log;
  /// How many disks but this node's know the write, as far as their vectors tell.
  std::function<std::size_t(const std::string& node, Dot dot)> copies_elsewhere;
  /// A batch has reached the node's disk.
  std::function<void(const Node& node, const wire::StoreBatch& batch)> committed;
  /// One that takes clients; null where there is none.
  std::function<Node*()> any_ready_node;
  bool is_talkative = false;
  ClientDefects client_defects;
  std::uint64_t last_session = 0;  ///< sessions are numbered over all nodes
};

/// A whole node but for its sockets: the replica, a disk that can fail, the thread that reads it,
/// the rooms of clients. Its process can die at any moment and its disk be lost.
class Node {
 public:
  struct Options {
    cluster::ReplicaOptions replica;
    std::size_t pull_piece_bytes = 200;
    std::int64_t max_commit_ms = 20;
    std::int64_t max_read_ms = 6;
  };

  Node(std::string name, Options options, Surroundings& world);

  const std::string& name() const { return name_; }
  bool is_up() const { return process_ != nullptr; }
  void start();
  /// The process dies: what is not on disk is gone.
  void crash();
  /// The process dies, and its disk is replaced by an empty one.
  void lose_disk();
  /// The cluster file is another one: these are the others from now on.
  void set_members(std::vector<cluster::Member> others, std::uint64_t epoch);
  /// Keeps a copy of the disk as it is now.
  void back_up() { backup_ = store_->copy(); }
  bool has_backup() const { return backup_ != nullptr; }
  /// How a backup comes back: `copied` by hand, replica id and all, or `restored` under a new one.
  enum class Comeback { copied, restored };
  /// The process dies, and its disk is the backup's again.
  void bring_backup(Comeback how);
  /// The process stands still for so long, while its sockets go on to fill.
  void stall(std::int64_t ms);
  void next_commit_fails(storage::FailedCommit outcome);
  void set_disk_full(bool full);
  void jump_clock(std::int64_t ms) { clock_offset_ms_ += ms; }

  /// What an operator's order to drain does: clients are sent away, the replica takes no writes.
  void drain();
  void cancel_drain();
  /// Counts its processes, and the times between them.
  std::uint64_t incarnation() const { return incarnation_; }
  /// What an operator is told, once the process comes to it; nothing from one that dies before.
  struct DrainAnswer {
    cluster::DrainProgress progress;
    std::size_t sessions = 0;
    crdt::VersionVector vector;  ///< what the replica knows to be on its disk
  };
  void ask_drain(std::function<void(const DrainAnswer& answer)> hear);
  /// What was on disk here when the drain began.
  const crdt::VersionVector& drained_from() const { return process_->drain->vector; }

  void receive(const std::string& from, const wire::PeerMessage& message);

  bool takes_clients() const { return process_ && !process_->drain; }
  void open(SessionId id, const UserId& user, Session* session);
  void close(SessionId id);
  void frame(SessionId id, wire::WriteRequest request);
  void frame(SessionId id, cluster::ClientRequest request);
  void read_state(const UserId& user, std::function<void(const std::string& state)> answer);

  struct Tally {
    std::size_t commits_failed = 0;
    std::size_t ids_minted = 0;
    std::uint64_t pulls = 0;  ///< of the processes before this one, with `gaps`
    std::uint64_t gaps = 0;
  };
  const Tally& tally() const { return tally_; }

  Now now() const;
  const cluster::ReplicaOptions& replica_options() const { return options_.replica; }
  bool ready() const { return process_ && process_->replica.ready(); }
  cluster::ReplicaStatus status() const { return process_->replica.status(now()); }
  /// What the disk holds; good until the next commit.
  const DiskImage& disk_image() const;
  const crdt::VersionVector& disk_vector() const { return store_->disk().state.vector; }
  /// No commit is bound to fail.
  bool is_disk_well() const { return !disk_is_full_ && !planned_failure_; }
  std::uint64_t commits() const { return store_->disk().commits; }
  ReplicaId disk_replica() const { return store_->disk().state.replica; }
  std::size_t disk() const { return disk_; }
  /// Since when it has this disk.
  std::int64_t disk_since_ms() const { return disk_since_ms_; }
  /// How long what was sent to it may have waited at most.
  std::int64_t longest_stall_ms() const { return longest_stall_ms_; }
  /// It is covered now, or was until the node was admitted.
  bool has_told_of(Dot dot) const {
    return disk_vector().covers(dot) || before_admission_.covers(dot);
  }
  /// A group is gathered, or on its way to the disk.
  bool is_committing() const {
    return process_ && (process_->turn_planned || process_->is_committing);
  }
  /// What it says may still be of the time before: then it knew other things, not fewer.
  bool was_admitted_lately() const { return world_.queue.now_ms() - admitted_ms_ < settling_ms; }
  bool is_admitted() const { return store_->disk().state.standing.admitted; }
  /// It may have taken the write before it was admitted, and given it up with that, also where one
  /// commit has brought both.
  bool may_be_of_before(std::optional<Dot> dot) const {
    return !is_admitted() || (was_admitted_lately() && dot && admitted_at_.covers(*dot));
  }
  /// How often it has lost its admission.
  std::size_t times_outside() const { return times_outside_; }
  /// An admission has begun on this disk and did not end: what is there is in part another's.
  bool is_mixed() const { return is_mixed_; }
  /// An admission takes away what it held, or has lately.
  bool is_changing() const { return is_mixed_ || was_admitted_lately(); }
  const std::vector<ReplicaId>& own_ids() const { return own_ids_; }
  bool has_been(ReplicaId id) const {
    return std::find(own_ids_.begin(), own_ids_.end(), id) != own_ids_.end();
  }
  /// Clients may be told late of what turned up when the disk came back.
  bool has_recovered_lately() const;
  /// True when clients and peers have been told of everything that is on disk.
  bool is_settled() const;

 private:
  struct OpenSession {
    UserId user;
    Session* session;
    std::size_t unanswered = 0;
    std::size_t sent_before_drain = 0;  ///< of those, while the node drains
  };
  struct Draining {
    crdt::VersionVector vector;
  };
  struct Serving {
    std::uint64_t id = 0;
    std::uint64_t next_index = 0;
    std::uint32_t credit = 0;
    bool planned = false;
    std::unique_ptr<storage::PullCursor> cursor;
  };
  using Job = std::variant<cluster::LoadUser, cluster::ServePull, cluster::ServeRepair,
                           cluster::GrantPull, cluster::RecoverStore, cluster::Scrub,
                           cluster::ListUsers, cluster::FindTombstones>;
  void replace_disk(std::unique_ptr<storage::MemoryStore> store);

  /// How long after a recovery clients may not have been told of what turned up.
  static constexpr std::int64_t settling_ms = 500;

  /// What dies with the process.
  struct Process final : cluster::Audience {
    Process(const cluster::ReplicaOptions& options, wire::StoreState state, Random& random, Now now)
        : replica(options, std::move(state), random, now, this) {}

    bool hears(const UserId& user, std::optional<SessionId> but) const override {
      return std::any_of(sessions.begin(), sessions.end(), [&](const auto& session) {
        return session.second.user == user && session.first != but;
      });
    }

    cluster::Replica replica;
    bool turn_planned = false;
    bool untold = false;   ///< the disk holds what has not been told yet
    bool telling = false;  ///< … and the next turn tells it
    bool recovering = false;
    bool is_committing = false;
    std::int64_t recovered_ms = -settling_ms;
    std::deque<std::function<void()>> arrivals;  ///< while it stands still
    std::deque<Job> jobs;  ///< of the thread that reads the store; one at a time
    std::map<std::pair<std::string, bool>, Serving> serving;  ///< by peer and whether a repair
    std::unique_ptr<storage::PullCursor> search;              ///< for tombstones
    std::map<SessionId, OpenSession> sessions;
    std::optional<Draining> drain;
    std::map<std::uint64_t, std::function<void(const std::string&)>> reads;
    std::uint64_t last_read = 0;
  };

  /// Plans something that happens only while this process lives.
  void after(std::int64_t delay_ms, std::function<void()> action);
  void input(cluster::Input input);
  void turn();
  void tick();
  void plan_job();
  void run_job();
  using ServingKey = std::pair<std::string, bool>;
  void begin_serving(ServingKey key, std::uint64_t id, std::uint32_t credit,
                     std::unique_ptr<storage::PullCursor> cursor);
  void serve(const ServingKey& key);
  OpenSession* open_session(SessionId id);
  std::vector<SessionId> sessions_of(const UserId& user) const;
  void send_away(SessionId id);
  void check_refused(const OpenSession& open, const std::vector<wire::ClientEvent>& events) const;
  std::int64_t stalled_ms() const;
  /// What comes from outside is taken in its order, once the process does not stand still.
  void arrive(std::function<void()> input);
  void take_arrivals();
  /// What leaves the node tells of nothing that is not on its disk.
  void check_told(const UserId& user, const std::vector<wire::ClientEvent>& events) const;
  void check_record(const UserId& user, const wire::SyncedRecord& record) const;
  void check_batch(const UserId& user, const wire::BatchSync& batch) const;
  void check_writer_left_out(const cluster::Deliver& effect) const;
  void check_sent(const wire::PeerMessage& message) const;
  void note_commit(const wire::StoreBatch& batch);
  void note_found_batch();
  void note_vector();
  void note_standing(const wire::StoreBatch& batch);
  void note_admitting(const wire::PeerMessage& message);

  void carry_out(cluster::LoadUser& effect);
  void carry_out(cluster::Commit& effect);
  void carry_out(cluster::RecoverStore& effect);
  void carry_out(cluster::Answer& effect);
  void carry_out(cluster::Notify& effect);
  void carry_out(cluster::Deliver& effect);
  void carry_out(cluster::StateReadAnswer& effect);
  void carry_out(cluster::Publish& effect);
  void carry_out(cluster::AskPeer& effect);
  void carry_out(cluster::AnswerPeer& effect);
  void carry_out(cluster::ServePull& effect);
  void carry_out(cluster::ServeRepair& effect);
  void carry_out(cluster::GrantPull& effect);
  void carry_out(cluster::Scrub& effect);
  void carry_out(cluster::ListUsers& effect);
  void carry_out(cluster::FindTombstones& effect);
  void carry_out(cluster::Dismiss& effect);
  void carry_out(cluster::Note& effect);

  void run(cluster::LoadUser& job);
  void run(cluster::ServePull& job);
  void run(cluster::ServeRepair& job);
  void run(cluster::GrantPull& job);
  void run(cluster::Scrub& job);
  void run(cluster::RecoverStore& job);
  void run(cluster::ListUsers& job);
  void run(cluster::FindTombstones& job);

  std::string name_;
  Options options_;
  Surroundings& world_;
  std::unique_ptr<storage::MemoryStore> store_;
  std::unique_ptr<storage::MemoryStore> backup_;
  std::size_t disk_ = 0;
  std::int64_t disk_since_ms_ = 0;
  std::vector<ReplicaId> own_ids_;
  std::optional<storage::FailedCommit> planned_failure_;
  std::optional<wire::StoreBatch> found_later_;
  bool disk_is_full_ = false;
  std::int64_t clock_offset_ms_ = 0;
  std::int64_t stalled_until_ms_ = 0;
  std::int64_t longest_stall_ms_ = 0;
  crdt::VersionVector highest_;  ///< of this disk
  crdt::VersionVector before_admission_;
  std::int64_t admitted_ms_ = -settling_ms;
  crdt::VersionVector admitted_at_;  ///< the disk's vector when the node was admitted last
  std::uint64_t admission_id_ = 0;   ///< of the last one asked for
  crdt::VersionVector admitting_;    ///< what the peer that answers it has judged
  bool was_admitted_ = false;
  std::size_t times_outside_ = 0;
  bool is_mixed_ = false;
  mutable std::optional<DiskImage> image_;
  mutable std::uint64_t image_commits_ = 0;
  std::uint64_t incarnation_ = 0;
  Tally tally_;
  std::unique_ptr<Process> process_;
};

}  // namespace anabranch::simulation
