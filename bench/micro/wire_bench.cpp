#include "bench/micro/samples.h"
#include "wire/client_json.h"

#include <benchmark/benchmark.h>

namespace anabranch::bench {
namespace {

/// A frame's parse, its checks, and its value's canonical form.
void decode_update(benchmark::State& state) {
  const std::string frame = update_frame(1);
  for (auto _ : state) benchmark::DoNotOptimize(wire::decode_client_frame(frame));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame.size()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_update);

void encode_event(benchmark::State& state, const wire::ClientEvent& event) {
  const wire::CursorCodec cursors({}, "bench");
  for (auto _ : state) benchmark::DoNotOptimize(wire::encode(event, cursors));
  state.SetItemsProcessed(state.iterations());
}

wire::ClientEvent sample_sync() {
  const crdt::Record record = widget_record(1, 1);
  return wire::Sync{{widget_path(1), record.stamp, record.payload, record.dot}};
}

wire::ClientEvent sample_ack() {
  wire::Ack ack;
  ack.id.json = R"("write-1")";
  ack.version = 12345;
  ack.timestamp_ms = 1'764'000'000'000;
  ack.dot = Dot{own_origin, 1};
  return ack;
}

BENCHMARK_CAPTURE(encode_event, sync, sample_sync());
BENCHMARK_CAPTURE(encode_event, ack, sample_ack());

}  // namespace
}  // namespace anabranch::bench
