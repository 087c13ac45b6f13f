#include "base/random.h"
#include "bench/micro/samples.h"
#include "cluster/replica_io.h"
#include "storage/rocksdb_store.h"

#include <benchmark/benchmark.h>

#include <stdexcept>

namespace anabranch::bench {
namespace {

struct OpenStore {
  OpenStore() {
    SystemRandom random;
    storage::RocksdbOptions options;
    options.data_dir = directory.path() / "data";
    options.node_name = "bench";
    auto opened = storage::open_rocksdb_store(options, random);
    if (!opened) throw std::runtime_error(opened.error().message);
    store = std::move(opened->store);
  }

  void commit(const wire::StoreBatch& batch) {
    if (const auto done = store->commit(batch); !done)
      throw std::runtime_error(done.error().message);
  }

  ScratchDirectory directory;
  std::unique_ptr<storage::Store> store;
};

/// One atomic, fsynced write of so many records over former ones.
void commit_group(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  OpenStore open;
  std::uint64_t seq = 1;
  for (auto _ : state) {
    state.PauseTiming();
    const wire::StoreBatch batch = store_batch(size, seq, true);
    state.ResumeTiming();
    open.commit(batch);
    seq += size;
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit_group)->RangeMultiplier(10)->Range(1, 1000)->UseRealTime();

constexpr std::size_t stored_records = 100'000;
constexpr std::size_t piece_bytes = 256 << 10;

/// What a pull reads: the log from some seq on, and the records it names.
void pull_log_range(benchmark::State& state) {
  OpenStore open;
  constexpr std::size_t group = 1000;
  for (std::uint64_t seq = 1; seq < stored_records; seq += group) {
    wire::StoreBatch batch;
    for (std::size_t i = 0; i < group; ++i) {
      batch.records.push_back({wire::RecordChange::Kind::put, "user-" + std::to_string(seq / group),
                               widget_path(i), widget_record(i, seq + i)});
    }
    batch.advanced.raise(own_origin, seq + group - 1);
    open.commit(batch);
  }
  const auto wanted = static_cast<std::uint64_t>(state.range(0));
  crdt::VersionVector vector;
  vector.raise(own_origin, stored_records - wanted);
  std::size_t writes = 0;
  for (auto _ : state) {
    auto cursor = open.store->open_pull(vector);
    for (bool last = !cursor; !last;) {
      const auto piece = (*cursor)->next(piece_bytes);
      writes += piece ? piece->writes.size() : 0;
      last = !piece || piece->last;
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(writes));
}
BENCHMARK(pull_log_range)->Arg(10)->Arg(1000)->Arg(stored_records)->Unit(benchmark::kMicrosecond);

void load_user(benchmark::State& state) {
  OpenStore open;
  const auto paths = static_cast<std::size_t>(state.range(0));
  wire::StoreBatch batch;
  for (std::size_t i = 0; i < paths; ++i) {
    batch.records.push_back(
        {wire::RecordChange::Kind::put, "user", widget_path(i), widget_record(i, i + 1)});
  }
  batch.advanced.raise(own_origin, paths);
  open.commit(batch);
  for (auto _ : state) benchmark::DoNotOptimize(open.store->load_user("user"));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(load_user)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);

/// What a client that comes back is told: one user after the other, each of a thousand records and
/// known to the disk alone. Its argument: 0 all of it, 1 what a cursor does not cover.
void read_stored_state(benchmark::State& state) {
  constexpr std::size_t users = 200;
  constexpr std::size_t paths = 1000;
  OpenStore open;
  std::uint64_t seq = 0;
  for (std::size_t user = 0; user < users; ++user) {
    wire::StoreBatch batch;
    for (std::size_t i = 0; i < paths; ++i) {
      batch.records.push_back({wire::RecordChange::Kind::put, "user-" + std::to_string(user),
                               widget_path(i), widget_record(i, ++seq)});
    }
    batch.advanced.raise(own_origin, seq);
    open.commit(batch);
  }
  cluster::StoredStateReader reader;
  cluster::ClientRequest request;
  if (state.range(0) == 1) request.cursor.emplace();
  std::size_t user = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::uint64_t end = (user + 1) * paths;
    if (request.cursor) request.cursor->vector.raise(own_origin, end - 10);
    const UserId id = "user-" + std::to_string(user);
    const auto read = reader.read(request, [&](const crdt::RecordVisitor& visit) {
      return open.store->visit_user(id, visit);
    });
    bytes += read->full.size() + read->changes.size();
    user = (user + 1) % users;
    if (user == 0 && request.cursor) request.cursor->vector = {};
  }
  if (bytes == 0) state.SkipWithError("nothing was read");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(paths));
}
BENCHMARK(read_stored_state)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace anabranch::bench
