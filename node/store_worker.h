#pragma once

#include "cluster/replica_io.h"
#include "node/backup_desk.h"
#include "node/inbox.h"
#include "node/log.h"
#include "storage/store.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace anabranch::node {

/// The thread that reads the store: documents that are not in memory, the answers to peers' pulls
/// and repairs (each from one snapshot, as far as its credit goes), the recovery of a store whose
/// commit has failed, and, while nothing else is to be done, the scrub and the search for
/// tombstones. Backups it only begins.
class StoreWorker {
 public:
  struct OpenBackup {
    storage::BackupPlan plan;
  };
  using Job = std::variant<OpenBackup, cluster::LoadUser, cluster::ServePull, cluster::ServeRepair,
                           cluster::GrantPull, cluster::RecoverStore, cluster::Scrub,
                           cluster::ListUsers, cluster::FindTombstones>;
  /// Both are called on the worker's thread.
  struct Output {
    std::function<void(cluster::Input)> input;  ///< what answers a job
    std::function<void(const std::string& peer, wire::PullPiece piece)> piece;
  };

  /// `store` and `log` outlive the worker.
  StoreWorker(storage::Store& store, const Log& log, Output output);
  ~StoreWorker();
  StoreWorker(const StoreWorker&) = delete;
  StoreWorker& operator=(const StoreWorker&) = delete;

  void add(Job job) { inbox_.push(std::move(job)); }

  /// Begins a backup, which goes on beside everything else. Any thread.
  Result<void> begin_backup(storage::BackupPlan plan);
  BackupState backup_state() const { return backups_.state(); }

 private:
  /// An answer under way; one pull and one repair for each peer, so that no peer can hold more
  /// than two snapshots.
  struct Serving {
    std::uint64_t id = 0;
    std::uint64_t next_index = 0;
    std::uint32_t credit = 0;
    std::unique_ptr<storage::PullCursor> cursor;
    std::chrono::steady_clock::time_point touched;
  };

  /// The walk over tombstones, while one is under way.
  struct Search {
    std::uint64_t id = 0;
    bool is_asked = false;  ///< an answer is wanted
    std::unique_ptr<storage::PullCursor> cursor;
  };

  void run();
  void on(OpenBackup& open);
  void on(const cluster::LoadUser& load);
  void on(cluster::ServePull& serve);
  void on(cluster::ServeRepair& serve);
  void on(const cluster::GrantPull& grant);
  void on(const cluster::Scrub& scrub);
  void begin_serving(const std::string& peer, bool is_repair, std::uint64_t id,
                     std::uint32_t credit, Result<std::unique_ptr<storage::PullCursor>> cursor);
  void on(const cluster::ListUsers& list);
  void on(const cluster::FindTombstones& find);
  void scrub_on();
  void search_on();
  void on(const cluster::RecoverStore& recover);
  bool serve_one_round();
  void drop_abandoned();
  bool send_piece(const std::string& peer, Serving& serving);
  void try_recovery();
  Result<std::vector<crdt::Write>> read_beyond(const crdt::VersionVector& vector) const;

  storage::Store& store_;
  const Log& log_;
  Output output_;
  BackupDesk backups_;
  std::map<std::pair<std::string, bool>, Serving> serving_;  ///< by peer and whether a repair
  std::unique_ptr<storage::ScrubCursor> scrub_;
  Search search_;
  cluster::StoredStateReader states_;
  std::optional<cluster::RecoverStore> recovery_;
  std::chrono::steady_clock::time_point next_recovery_;
  Inbox<Job> inbox_;
  std::thread thread_;
};

}  // namespace anabranch::node
