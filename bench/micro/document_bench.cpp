#include "bench/micro/samples.h"
#include "crdt/digest.h"
#include "crdt/materialise.h"

#include <benchmark/benchmark.h>

#include <vector>

namespace anabranch::bench {
namespace {

/// One update that wins over what stands at its path, in a state of so many paths.
void merge(benchmark::State& state) {
  const auto paths = static_cast<std::size_t>(state.range(0));
  crdt::Document document = document_of(paths);
  std::vector<crdt::Path> path;
  path.reserve(paths);
  for (std::size_t i = 0; i < paths; ++i) path.push_back(widget_path(i));
  const crdt::Value value(widget_value(1));
  std::uint64_t seq = paths;
  for (auto _ : state) {
    crdt::Record record;
    ++seq;
    record.stamp = {seq, 0, "tab-of-a-device"};
    record.dot = {own_origin, seq};
    record.payload.value = value;
    benchmark::DoNotOptimize(document.merge(path[seq % paths], std::move(record)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(merge)->RangeMultiplier(10)->Range(1, 10000);

void materialise_state(benchmark::State& state) {
  const crdt::Document document = document_of(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) bytes += crdt::materialise(document).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(materialise_state)->RangeMultiplier(10)->Range(1, 10000);

void digest_of_a_record(benchmark::State& state) {
  const crdt::Path path = widget_path(1);
  const crdt::Record record = widget_record(1, 1);
  for (auto _ : state) benchmark::DoNotOptimize(crdt::digest_of("user-1", path, record));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(digest_of_a_record);

}  // namespace
}  // namespace anabranch::bench
