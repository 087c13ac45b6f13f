#include "node/store_worker.h"

#include "wire/limits.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace anabranch::node {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// A disk that was full is looked at again this often.
constexpr std::chrono::milliseconds recovery_interval{500};
/// A pull whose asker has given no credit for this long is over; its snapshot holds space.
constexpr std::chrono::seconds abandoned_after{30};
/// More credit than this serves nobody.
constexpr std::uint32_t max_credit = 64;
/// A scrub reads so many records in one go, some milliseconds' work, and then lets the machine
/// rest.
constexpr std::size_t scrub_records = 5'000;
constexpr std::chrono::milliseconds scrub_pause{5};

}  // namespace

StoreWorker::StoreWorker(storage::Store& store, const Log& log, Output output)
    : store_(store), log_(log), output_(std::move(output)), backups_(log), thread_([this] {
        run();
      }) {}

StoreWorker::~StoreWorker() {
  inbox_.close();
  thread_.join();
}

void StoreWorker::run() {
  bool is_serving = false;
  while (true) {
    const auto now = SteadyClock::now();
    const auto deadline = is_serving                   ? now
                          : scrub_ || search_.is_asked ? now + scrub_pause
                          : recovery_                  ? next_recovery_
                                                       : now + std::chrono::seconds(1);
    std::vector<Job> jobs = inbox_.take(deadline);
    if (inbox_.closed()) return;
    for (Job& job : jobs) std::visit([this](auto& some) { on(some); }, job);
    if (recovery_ && SteadyClock::now() >= next_recovery_) try_recovery();
    is_serving = serve_one_round();
    drop_abandoned();
    if (!jobs.empty() || is_serving) continue;
    if (scrub_) scrub_on();
    if (search_.is_asked) search_on();
  }
}

Result<void> StoreWorker::begin_backup(storage::BackupPlan plan) {
  const auto begun = backups_.begin(plan.directory.string());
  if (!begun) return tl::unexpected(begun.error());
  add(OpenBackup{std::move(plan)});
  return {};
}

void StoreWorker::on(OpenBackup& open) { backups_.run(store_.open_backup(std::move(open.plan))); }

void StoreWorker::on(const cluster::LoadUser& load) {
  if (!load.request) {
    return output_.input(cluster::UserLoaded{load.user, store_.load_user(load.user)});
  }
  output_.input(cluster::StateLoaded{
      load.user, *load.request, states_.read(*load.request, [&](const crdt::RecordVisitor& visit) {
        return store_.visit_user(load.user, visit);
      })});
}

void StoreWorker::on(const cluster::ListUsers& list) {
  output_.input(
      cluster::UsersListed{list.after, store_.list_users(list.after, cluster::users_per_list)});
}

void StoreWorker::on(const cluster::FindTombstones& find) {
  if (!find.covered) {
    search_.is_asked = search_.id == find.id && search_.cursor;
    return;
  }
  search_ = {};
  auto cursor = store_.open_tombstones(*find.covered);
  if (!cursor)
    return output_.input(cluster::TombstonesFound{find.id, tl::unexpected(cursor.error())});
  search_ = {find.id, true, std::move(*cursor)};
}

/// Steps over records until there is something to tell, a few milliseconds' work at a time.
void StoreWorker::search_on() {
  auto piece = search_.cursor->next(wire::pull_piece_bytes);
  if (!piece) {
    output_.input(cluster::TombstonesFound{search_.id, tl::unexpected(piece.error())});
    search_ = {};
    return;
  }
  if (piece->writes.empty() && !piece->last) return;
  search_.is_asked = false;
  output_.input(cluster::TombstonesFound{search_.id, std::move(piece->writes), piece->last});
  if (piece->last) search_ = {};
}

void StoreWorker::on(cluster::ServePull& serve) {
  begin_serving(serve.peer, false, serve.pull.id, serve.pull.credit,
                store_.open_pull(serve.pull.vector));
}

void StoreWorker::on(cluster::ServeRepair& serve) {
  begin_serving(serve.peer, true, serve.pull.id, serve.pull.credit,
                store_.open_buckets(serve.pull.digest));
}

void StoreWorker::begin_serving(const std::string& peer, bool is_repair, std::uint64_t id,
                                std::uint32_t credit,
                                Result<std::unique_ptr<storage::PullCursor>> cursor) {
  const std::pair key(peer, is_repair);
  if (!cursor) {
    log_.warning("cannot serve a pull", {{"peer", peer}, {"error", cursor.error().message}});
    serving_.erase(key);
    return;
  }
  serving_[key] = {id, 0, std::min(credit, max_credit), std::move(*cursor), SteadyClock::now()};
}

void StoreWorker::on(const cluster::GrantPull& grant) {
  const auto found = std::find_if(serving_.begin(), serving_.end(), [&grant](const auto& entry) {
    return entry.first.first == grant.peer && entry.second.id == grant.credit.id;
  });
  if (found == serving_.end()) return;
  Serving& serving = found->second;
  serving.credit = std::min(max_credit, serving.credit + std::min(grant.credit.credit, max_credit));
  serving.touched = SteadyClock::now();
}

void StoreWorker::on(const cluster::Scrub&) {
  auto scrub = store_.open_scrub();
  if (!scrub) {
    log_.warning("cannot scrub", {{"error", scrub.error().message}});
    return;
  }
  scrub_ = std::move(*scrub);
}

void StoreWorker::scrub_on() {
  const auto done = scrub_->step(scrub_records);
  if (!done) {
    // Files that cannot be read are beyond a repair of records.
    log_.error(
        "the data directory is damaged: replace it by an empty one, and the other members "
        "fill it",
        {{"error", done.error().message}});
    scrub_.reset();
  } else if (*done) {
    output_.input(cluster::Scrubbed{scrub_->findings()});
    scrub_.reset();
  }
}

void StoreWorker::on(const cluster::RecoverStore& recover) {
  recovery_ = recover;
  next_recovery_ = SteadyClock::now();
}

bool StoreWorker::serve_one_round() {
  bool more = false;
  for (auto at = serving_.begin(); at != serving_.end();) {
    if (at->second.credit == 0) {
      ++at;
      continue;
    }
    if (!send_piece(at->first.first, at->second)) {
      at = serving_.erase(at);
      continue;
    }
    more = more || at->second.credit > 0;
    ++at;
  }
  return more;
}

void StoreWorker::drop_abandoned() {
  std::erase_if(serving_, [now = SteadyClock::now()](const auto& entry) {
    return now - entry.second.touched > abandoned_after;
  });
}

bool StoreWorker::send_piece(const std::string& peer, Serving& serving) {
  auto piece = serving.cursor->next(wire::pull_piece_bytes);
  if (!piece) {
    log_.error("a pull cannot be read on", {{"peer", peer}, {"error", piece.error().message}});
    return false;
  }
  --serving.credit;
  wire::PullPiece message{serving.id, serving.next_index++, std::move(piece->writes), {}, {}};
  if (message.index == 0) {
    message.answerer = wire::Answerer{serving.cursor->vector(), serving.cursor->standing()};
  }
  if (piece->last) message.vector = serving.cursor->vector();
  output_.piece(peer, std::move(message));
  return !piece->last;
}

void StoreWorker::try_recovery() {
  next_recovery_ = SteadyClock::now() + recovery_interval;
  scrub_.reset();
  search_ = {};
  serving_.clear();  // their snapshots would hold the old database open
  backups_.stop();   // and so would a backup: the next try finds it ended
  if (!store_.recover()) return;
  auto resurfaced = read_beyond(recovery_->vector);
  if (!resurfaced) {
    log_.error("cannot read the recovered store", {{"error", resurfaced.error().message}});
    return;
  }
  recovery_.reset();
  output_.input(cluster::StoreRecovered{store_.state(), std::move(*resurfaced)});
}

Result<std::vector<crdt::Write>> StoreWorker::read_beyond(const crdt::VersionVector& vector) const {
  auto cursor = store_.open_pull(vector);
  if (!cursor) return tl::unexpected(std::move(cursor.error()));
  std::vector<crdt::Write> writes;
  while (true) {
    auto piece = (*cursor)->next(wire::pull_piece_bytes);
    if (!piece) return tl::unexpected(std::move(piece.error()));
    std::move(piece->writes.begin(), piece->writes.end(), std::back_inserter(writes));
    if (piece->last) return writes;
  }
}

}  // namespace anabranch::node
