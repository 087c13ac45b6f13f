#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "cluster/replica.h"
#include "node/backup_desk.h"
#include "node/committer.h"
#include "node/inbox.h"
#include "node/log.h"
#include "node/metrics.h"
#include "node/refusal_log.h"
#include "node/rooms.h"
#include "node/store_worker.h"
#include "node/user_hash.h"
#include "storage/store.h"
#include "transport/client/server.h"
#include "transport/client/sessions.h"
#include "transport/peer/peer_link.h"
#include "wire/cursor.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>

namespace anabranch::node {

/// The replica's thread, and the hands and ears of the replica: it takes everything that comes in
/// (frames, peers' messages, finished commits), steps the replica through it, and carries out the
/// effects. It never waits for the disk or the network.
class ReplicaLoop final : public transport::SessionSink {
 public:
  struct Options {
    cluster::ReplicaOptions replica;
    std::size_t max_connections_per_user = 64;
    /// For auth.ok; the same that the client server has.
    std::shared_ptr<const transport::SessionOptions> sessions;
    UserHash user_hash{""};  ///< for the log
  };

  /// What a query sees. Valid during the query alone.
  struct View {
    const cluster::Replica& replica;
    const Rooms& rooms;
    Now now;
    std::size_t inbox = 0;  ///< what waits behind the query
    std::size_t peer_inbox_bytes = 0;
  };
  using Query = std::function<void(const View&)>;
  using StateAnswer = std::function<void(Result<std::optional<std::string>>)>;

  /// All references outlive the loop.
  ReplicaLoop(Options options, storage::Store& store, const wire::CursorCodec& cursors,
              const Clock& clock, Random& random, const Log& log);
  ~ReplicaLoop() override;  ///< as stop()
  ReplicaLoop(const ReplicaLoop&) = delete;
  ReplicaLoop& operator=(const ReplicaLoop&) = delete;

  /// Starts the thread. `peers` (null in a cluster of one) outlives `stop`.
  void start(transport::PeerLink* peers);
  /// Takes what has come in by now, commits it and ends the threads.
  void stop();

  /// A peer's message. Past peer_inbox_bytes messages are dropped: the links are lossy by nature,
  /// and what is lost is pulled later. Any thread.
  void receive(wire::PeerEnvelope envelope);
  static constexpr std::size_t peer_inbox_bytes = 64 << 20;

  /// Takes other settings, and what clients are told of their limits. Any thread.
  void reconfigure(cluster::ReplicaSettings settings,
                   std::shared_ptr<const transport::SessionOptions> sessions);

  /// Stops taking writes, or takes them again. Any thread.
  void set_draining(bool draining);

  /// Runs `query` on the replica's thread. Any thread.
  void ask(Query query);
  /// Reads a user's state; the answer comes on the replica's thread. Any thread.
  void read_state(UserId user, std::optional<crdt::Path> path, StateAnswer answer);

  /// Begins a backup; Errc::refused while one is under way. Any thread, while the loop runs.
  Result<void> begin_backup(storage::BackupPlan plan);
  BackupState backup_state() const;

  /// How long commits took. Any thread.
  const Timings& timings() const { return timings_; }

  /// As /readyz tells it. Any thread.
  bool ready() const { return ready_.load(std::memory_order_relaxed); }

  // SessionSink: called on I/O threads
  void on_open(std::shared_ptr<transport::ClientConnection> connection,
               const transport::Identity& identity) override;
  void on_write(SessionId session, wire::WriteRequest request, std::int64_t read_ns) override;
  void on_request(SessionId session, wire::StateRequest request) override;
  void on_answer(SessionId session, wire::ClientEvent event) override;
  void on_close(SessionId session) override;
  void flush() override;

 private:
  struct Opened {
    std::shared_ptr<transport::ClientConnection> connection;
    transport::Identity identity;
  };
  struct Closed {
    SessionId session;
  };
  struct PeerItem {
    wire::PeerEnvelope envelope;
    std::size_t bytes = 0;
  };
  struct NewSettings {
    cluster::ReplicaSettings settings;
    std::shared_ptr<const transport::SessionOptions> sessions;
  };
  struct StateQuery {
    UserId user;
    std::optional<crdt::Path> path;
    StateAnswer answer;
  };
  /// The user of a client's input is filled in on the replica's thread, from its session.
  using Item =
      std::variant<cluster::Input, Opened, Closed, PeerItem, NewSettings, Query, StateQuery>;

  void run();
  void take(Item item);
  void take_one(cluster::Input input);
  void take_one(Opened opened);
  void take_one(const Closed& closed);
  void take_one(PeerItem item);
  void take_one(NewSettings settings);
  void take_one(const Query& query);
  void take_one(StateQuery query);
  template <class FromClient>
  bool complete(FromClient& input) const;

  void carry_out_effects();
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
  void log_refusal(const cluster::Answer& answer, const Rooms::Session& session);

  Options options_;
  const wire::CursorCodec& cursors_;
  const Clock& clock_;
  Random& random_;
  const Log& log_;
  transport::PeerLink* peers_ = nullptr;

  Inbox<Item> inbox_;
  std::atomic<std::size_t> peer_bytes_{0};
  std::atomic<bool> ready_{false};
  Timings timings_;

  // The replica's thread alone.
  Rooms rooms_;
  cluster::Replica replica_;  ///< asks rooms_
  RefusalLog refusals_;
  std::size_t round_left_ = 0;  ///< of what has been taken out of the inbox
  bool is_committing_ = false;
  std::map<std::uint64_t, StateAnswer> state_answers_;
  std::uint64_t last_token_ = 0;

  storage::Store& store_;
  std::optional<Committer> committer_;
  std::optional<StoreWorker> store_worker_;
  std::thread thread_;
};

}  // namespace anabranch::node
