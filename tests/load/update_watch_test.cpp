#include "load/update_watch.h"

#include <gtest/gtest.h>

namespace anabranch::load {
namespace {

/// A run of one thread at 100 updates a second, each for two other devices: a second of warm-up and
/// two that are measured.
class WatchedRun : public testing::Test {
 public:
  static UpdatePlan plan() {
    UpdatePlan plan;
    plan.per_second = 100;
    plan.warm_up = second;
    plan.length = 2 * second;
    plan.patience = 5 * second;
    plan.give_up_seconds = 1;
    return plan;
  }

  void look(Nanoseconds time) {
    watch.look(
        time, [this] { return counts; },
        [this] { return std::optional<ProcessUse>({cpu_seconds, 1000}); });
  }

  /// As after everything has come.
  void complete(std::uint64_t sent) {
    counts.sent = counts.acked = sent;
    counts.delivered = 2 * sent;
  }

  Counts counts;
  double cpu_seconds = 0;
  UpdateWatch watch{plan(), {100, 1, 0, 3 * second}, 2, 1};
};

TEST_F(WatchedRun, IsNotOverWhileAThreadIsLateWithItsSends) {
  complete(290);
  look(3 * second + millisecond);
  EXPECT_FALSE(watch.stop);
  watch.sending = 0;
  complete(300);
  look(3 * second + 50 * millisecond);
  EXPECT_TRUE(watch.stop);
}

TEST_F(WatchedRun, WaitsForTheLastAckAndTheLastDelivery) {
  watch.sending = 0;
  complete(300);
  counts.acked = 299;
  look(4 * second);
  EXPECT_FALSE(watch.stop);
  complete(300);
  counts.delivered = 599;
  look(5 * second);
  EXPECT_FALSE(watch.stop);
  counts.delivered = 600;
  look(6 * second);
  EXPECT_TRUE(watch.stop);
}

TEST_F(WatchedRun, IsPatientOnlyForSoLong) {
  watch.sending = 0;
  counts.sent = 300;
  look(3 * second);
  look(8 * second);
  EXPECT_FALSE(watch.stop);
  look(8 * second + millisecond);
  EXPECT_TRUE(watch.stop);
}

TEST_F(WatchedRun, TellsWhatTheServerUsedForTheMeasuredUpdates) {
  complete(50);
  cpu_seconds = 1;
  look(second / 2);
  complete(100);
  cpu_seconds = 2;
  look(second);
  watch.sending = 0;
  complete(300);
  cpu_seconds = 2.5;
  look(3 * second - 10 * millisecond);  // the last one is due an interval before the end
  const UpdateResult result = watch.result();
  EXPECT_EQ(result.server_updates, 200U);
  EXPECT_DOUBLE_EQ(result.server_cpu_seconds.value(), 0.5);
  EXPECT_DOUBLE_EQ(result.seconds, 2);
  EXPECT_FALSE(result.cut_short);
}

TEST_F(WatchedRun, SendsNoMoreToANodeThatFallsFarBehind) {
  counts.sent = 1100;
  look(second);
  EXPECT_FALSE(watch.hold);
  counts.sent = 1101;
  look(2 * second);
  EXPECT_TRUE(watch.hold);
  EXPECT_TRUE(watch.result().cut_short);
}

}  // namespace
}  // namespace anabranch::load
