#include "bench/micro/samples.h"
#include "cluster/replica.h"
#include "wire/client_json.h"

#include <benchmark/benchmark.h>

#include <variant>

namespace anabranch::bench {
namespace {

class NoRandom final : public Random {
 public:
  std::uint64_t next() override { return ++last_; }

 private:
  std::uint64_t last_ = 0;
};

/// A replica whose disk takes everything at once, and has nothing.
class BenchReplica {
 public:
  BenchReplica() : replica_(unlimited(), new_store(), random_, now_) {}

  void write(std::size_t user, wire::WriteRequest request) {
    replica_.step(cluster::ClientWrite{SessionId{user + 1}, "user-" + std::to_string(user),
                                       std::move(request)},
                  now_);
  }

  /// Until nothing is left to do; how many events came out.
  std::size_t settle() {
    std::size_t events = 0;
    while (true) {
      replica_.flush(now_);
      const auto effects = replica_.take_effects();
      if (effects.empty()) return events;
      events += effects.size();
      for (const cluster::Effect& effect : effects) answer(effect);
    }
  }

  void pass_time() {
    ++now_.wall_ms;
    ++now_.monotonic_ms;
  }

 private:
  static cluster::ReplicaOptions unlimited() {
    cluster::ReplicaOptions options;
    options.updates_per_minute = 0;
    return options;
  }

  static wire::StoreState new_store() {
    wire::StoreState state;
    state.replica = own_origin;
    return state;
  }

  void answer(const cluster::Effect& effect) {
    if (const auto* commit = std::get_if<cluster::Commit>(&effect)) {
      replica_.step(cluster::Committed{commit->ticket, true}, now_);
    } else if (const auto* load = std::get_if<cluster::LoadUser>(&effect)) {
      replica_.step(cluster::UserLoaded{load->user, wire::UserRecords{}}, now_);
    }
  }

  NoRandom random_;
  Now now_{1'764'000'000'000, 1};
  cluster::Replica replica_;
};

/// One update through a replica, from its frame to the effects that answer and deliver it, in
/// groups of so many.
void update_through_a_replica(benchmark::State& state) {
  const auto group = static_cast<std::size_t>(state.range(0));
  BenchReplica replica;
  std::size_t number = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < group; ++i, ++number) {
      auto message = wire::decode_client_frame(
          R"({"event":"dashboard.state.update","payload":{"path":"widgets.w)" +
          std::to_string(number % 10) + R"(.data","value":)" + widget_value(number) +
          R"(,"sourceTabId":"tab","id":1}})");
      replica.write(number % 100, std::get<wire::WriteRequest>(std::move(*message)));
    }
    benchmark::DoNotOptimize(replica.settle());
    replica.pass_time();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(group));
}
BENCHMARK(update_through_a_replica)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace anabranch::bench
